import type { Device } from "./model";
import type { Source } from "./ota";

/** A file that comes over MQTT, one block after the other; 256 bytes are the least that the platform sends. */
export function blocks(server: Device, data: any, size: number): Source {
  let turn = 0;
  return {
    stop: function () {
      turn++;
    },
    read: function (offset, length, take) {
      const mine = ++turn;
      const self = this;
      const params = {
        fileToken: "default",
        fileInfo: { streamId: data.streamId, fileId: data.streamFileId },
        fileBlock: { size: Math.max(256, Math.min(size, length)), offset: offset },
      };
      server.request("thing.file.download", params, function (err, answer) {
        if (mine !== turn) return;
        const block = err ? "" : answer!.data.block.substr(0, length);
        // An answer to an older question is none.
        if (err) take(err);
        else if (answer!.data.bOffset === offset && block && take(undefined, block) && length > block.length)
          self.read(offset + block.length, length - block.length, take);
      });
    },
  };
}
