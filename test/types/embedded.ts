/** Compile-only: a target for a device holds every member of the port. */
import type { Host } from "../../src/host";
import * as espruino from "../../targets/espruino";
import * as iotjs from "../../targets/iotjs";
import * as kaluma from "../../targets/kaluma";

export const hosts: Host[] = [espruino, iotjs, kaluma];
