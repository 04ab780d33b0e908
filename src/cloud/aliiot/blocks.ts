import { error } from "../../core/errors";
import type { Device } from "./device";
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
        const data = (!err && answer!.data) || {};
        const block = (data.block || "").substr(0, length);
        if (!block || data.bOffset !== offset) take(err || error("protocol", "another block of the file than was asked for"));
        else if (take(undefined, block) && length > block.length) self.read(offset + block.length, length - block.length, take);
      });
    },
  };
}
