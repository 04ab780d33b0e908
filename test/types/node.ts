/** Compile-only: the target for Node holds every member of the port. */
import type { Host } from "../../src/host";
import * as node from "../../targets/node";

export const hosts: Host[] = [node];
