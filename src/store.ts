/** Records that outlive a power cut: what `mqtt` takes as its option `store`. */
export { journal as open } from "./core/journal";
export type { Journal } from "./core/journal";
