import { SUITES, seed } from "../../fault/seeded.js";

// The faults themselves are tried by `npm run test:fault`, which takes long.
test.each(SUITES.flatMap((suite) => suite.faults.map((fault) => [fault.name, fault, suite] as const)))(
  "seeded fault “%s” changes its source",
  (_name, fault, suite) => {
    const one = seed(fault, suite);
    expect(one).toBeDefined();
    expect(one!.to).not.toBe(one!.from);
  },
);
