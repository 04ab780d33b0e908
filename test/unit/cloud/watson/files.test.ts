/* Configuration files with anything in them: what they say, or an error with its key and line, and nothing else. */
import { ApplicationClient, DeviceClient, GatewayClient, parseConfigFile } from "thincloud/watson";

const { generator, sessions } = require("../../../rig/random");
const CLIENTS: any[] = [ApplicationClient, DeviceClient, GatewayClient];
const LINES = `org = abc123
id=my-app
type: therm
auth-method = apikey
auth-key = a-abc123-x
auth-token = t%(id)s
[application]
# c
; c
  more
domain=iot.example
port=8883
keepalive = 60
clean-session=true
WIOTP_AUTH_TOKEN=x
x
=
a=b ; c
org=%(org)s
id=%(id
host=%(domain)s
shared=true
rootCACertPath=./x
constructor=1
__proto__=x
id=%(__proto__)s

[`.split("\n");
const KEYS = "org id auth-method auth-key auth-token type domain host port protocol keepalive clean-session instance-id shared".split(" ");
const CHARS = [..."=:%()s \t;#[]\0\xff\u20ac\ufeffa_\r"];

it("whatever a file has in it", () =>
  sessions(2000, (seed: number) => {
    const random = generator(seed);
    const dice = (n: number) => Math.floor(random() * n);
    const lines = Array.from({ length: 1 + dice(9) }, () => {
      let line = LINES[dice(LINES.length)];
      for (let n = dice(3); n > 0; n--) {
        const at = dice(line.length + 1);
        line = dice(2) ? line.slice(0, at) + CHARS[dice(CHARS.length)] + line.slice(at) : line.slice(0, at) + line.slice(at + 1);
      }
      return line;
    });
    const text = (dice(9) ? "" : "\ufeff") + lines.join(dice(5) ? "\n" : "\r\n") + (dice(2) ? "\n" : "");
    const about = JSON.stringify(text);
    try {
      const said: any = parseConfigFile(text);
      expect([about, Object.keys(said).filter((key) => !KEYS.includes(key))]).toEqual([about, []]);
      for (const Client of CLIENTS) {
        const client = new Client({ ...said, manualConnect: true });
        client.end(true);
      }
    } catch (e: any) {
      expect([about, e.code]).toEqual([about, "config"]);
      expect(e.message).toMatch(/^line \d+: (a key|[a-z-]+)(: %\(| needs)|^option [a-z-]+|^cannot read the configuration/);
      const [, line] = /^line (\d+)/.exec(e.message) || [];
      if (line) expect(+line).toBeLessThanOrEqual(lines.join("\n").split("\n").length);
    }
  }));
