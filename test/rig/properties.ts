/** fast-check with the same draws on every run; `SEED=7` in the environment gives others. */
import fc from "fast-check";

fc.configureGlobal({ seed: +(process.env.SEED || 1) });

export default fc;
