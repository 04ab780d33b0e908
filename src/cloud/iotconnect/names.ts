/**
 * What `act` is asked for. Numbers, because the build puts them in their place, where a text would be repeated at each call.
 */
export const DRAIN = 0;
export const LINK = 1;
export const RULE = 2;
export const ASK = 4;
export const ASK_AGAIN = 5;
export const BEAT = 6;
export const SETTLE = 7;
export const EARLY = 8;
export const LATER = 9;
export const STEP = 10;
export const FAIL = 11;
export const REFRESH = 12;
export const TAKE = 13;
export const KNOWN = 14;
export const APPLY = 15;
export const OPEN = 16;
export const PROVE = 17;
export const REGISTER = 18;
export const CHILD = 19;
export const PATCH = 20;
export const ACKNOWLEDGE = 21;
export const STATUS = 22;
export const STOP = 23;
export const EXPIRE = 24;
