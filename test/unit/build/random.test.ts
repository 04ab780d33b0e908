/** The seeds of random sessions stand for findings: their numbers may not change, and a fault must name its seed. */
const { generator, sessions } = require("../../rig/random");

const { SEED, RUNS } = process.env;
afterEach(() => {
  for (const [name, was] of Object.entries({ SEED, RUNS }))
    if (was === undefined) delete process.env[name];
    else process.env[name] = was;
});

/** The seeds that are walked. */
async function walked(environment: { SEED?: string; RUNS?: string }, faulty?: number): Promise<number[]> {
  const seeds: number[] = [];
  Object.assign(process.env, { SEED: "", RUNS: "", ...environment });
  await sessions(3, async (seed: number) => {
    await Promise.resolve();
    if (seed === faulty) throw new TypeError("no");
    seeds.push(seed);
  });
  return seeds;
}

test("the numbers of a seed", () => {
  const random = generator(1);
  expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});

test("as many sessions as there are to be, or as the environment says", async () => {
  expect(await walked({})).toEqual([1, 2, 3]);
  expect(await walked({ SEED: "7" })).toEqual([7]);
  expect(await walked({ RUNS: "5" })).toEqual([1, 2, 3, 4, 5]);
  expect(await walked({ SEED: "7", RUNS: "2" })).toEqual([7, 8]);
});

test("a fault names its seed", () => expect(walked({}, 2)).rejects.toThrow(new TypeError("SEED=2: no")));

test.each([{ RUNS: "many" }, { RUNS: "0" }, { SEED: "x" }])("%j would be no session at all", (environment) =>
  expect(walked(environment)).rejects.toThrow("a number each"),
);
