"use strict";
/** Faults in the installer, its loader and the verifier; as in faults.js, with the files named from src on. */
const MANIFEST = "ota/manifest.ts";
const ACTIVATE = "ota/activate.ts";
const INSTALLER = "ota/installer.ts";
const FILES = "ota/files.ts";
const OPTIONS = "ota/options.ts";
const TRIAL = "ota/trial.ts";
const SLOTS = "ota/slots.ts";
const RECORD = "ota/record.ts";
const BOOT = "ota/boot.ts";
const LMS = "auth/lms.ts";

const fault = (name, file, good, bad) => ({ name: "ota: " + name, file, good, bad });

module.exports = [
  fault("version: the same one is installed again", MANIFEST, "m.seq > floor", "m.seq >= floor"),
  fault("version: one that was given up counts no more", SLOTS, "Math.max(factory.seq, last.seq)", "Math.max(factory.seq, run.seq)"),
  fault("model: not compared", MANIFEST, "m.model === o.model && ", ""),
  fault("device: not compared", MANIFEST, "|| m.device === o.device)", "|| m.device)"),
  fault("expiry: not compared", MANIFEST, "m.expires * 1000 > now", "m.expires > 0"),
  fault("clock: an expiry that nobody can check is none", MANIFEST, 'must(now, "the update expires', 'must(1, "the update expires'),
  fault("size: no limit", MANIFEST, "must(sum <= (o.limit || 262144),", "must(sum,"),
  fault("size: no limit of the head", MANIFEST, " || m < FIRST - 8 || m > 8192 || s > 16384)", ")"),
  fault("size: any number of files", MANIFEST, "must(m.files.length < 33, malformed);", ""),
  fault("format: a main file that goes elsewhere", MANIFEST, "name === m.main && !f.to", "name === m.main"),
  fault("size: no look at the room", ACTIVATE, "if (storeFree(need) < need)", "if (storeFree(need) < 0)"),
  fault("name: any will do", MANIFEST, "/^[\\w-][\\w.-]*$/.test(name) && ", ""),
  fault("digest: not compared before the switch", ACTIVATE, "!holds(slot + f.name, f.sha256)", "!holds(slot + f.name, f.sha256) && !slot"),
  fault("digest: a file that is there is whole", FILES, "return holds(to, f.sha256);", "return !!storeView(to);"),
  fault("digest: of nothing it is that of anything", FILES, "=== unhex(digest)", "=== unhex(digest) || !bytes[300]"),
  fault("signature: the root is not compared", LMS, "!== key.substr(24)) return false;", "=== 0 as never) return false;"),
  fault("signature: the types are not compared", LMS, "!== key.substr(4, 4) + key.substr(0, 4)", "=== key"),
  fault("signature: anything may follow", LMS, "signature.length === end)", "signature.length >= end)"),
  fault("signature: a leaf of another tree", LMS, "!(leaf < 1 << height) ||", ""),
  fault("signature: the code is not compared", MANIFEST, "return !wrong;", "return !!code;"),
  fault("signature: a code that goes on", MANIFEST, "code.length ^ right.length", "0"),
  fault("signature: a device that wants none takes any", MANIFEST, "!key && !signature", "!key"),
  fault(
    "switch: without a look at the signature",
    ACTIVATE,
    "const m = open(o, key);",
    'const m = JSON.parse(/{.*}/.exec("" + storeView("ota.new"))![0]) as Manifest;',
  ),
  fault("size: what is there takes room once more", ACTIVATE, "need -= f.size + 40;", "return;"),
  fault("slot: the main file of an older version stays", ACTIVATE, "old.mods.concat(old.main)", "old.mods"),
  fault("packed: unpacked before it is verified", FILES, " && holds(file, f.packed.sha256)", " && storeView(file)"),
  fault("packed: what a cut left stays", FILES, "    storeErase(to);\n", ""),
  fault("slot: what an older version left stays", ACTIVATE, "    else storeErase(name);\n", ""),
  fault("format: a size that is none", MANIFEST, "f.size >>> 0 === f.size", "f.size > 0"),
  fault("format: a packed size that is none", MANIFEST, "counted(f) && (!f.packed || counted(f.packed))", "counted(f)"),
  fault("format: a sequence number that is none", MANIFEST, "m.seq >>> 0 === m.seq", "m.seq > 0"),
  fault("options: any number will do", OPTIONS, "n !== undefined && (", "n === null && ("),
  fault("begin: told while it begins", INSTALLER, "      onward(m);\n", '      if (m) self.emit("begin", m);\n      onward(m);\n'),
  fault("anew: a mark of the time before stays", INSTALLER, "at = base = edge = 0;", "at = base = 0;"),
  fault("update: two installers at once", INSTALLER, "    busy = true;\n", ""),
  fault("told: a mark that cannot be set", TRIAL, "    } catch (e) {\n      // Then it", "    } catch (e) {\n      throw e; // Then it"),
  fault("switch: before the writers have what is theirs", INSTALLER, "index === 2 * count", "index === count"),
  fault("switch: over the record of what runs", ACTIVATE, '"ota0" ? "ota1" : "ota0"', '"ota0" ? "ota0" : "ota1"'),
  fault("slot: that of what runs", SLOTS, '"a." ? "b." : "a."', '"a." ? "a." : "b."'),
  fault("trial: another update may begin", TRIAL, ": now._run._kept\n", ": now._run\n"),
  fault("trial: boots are not counted", BOOT, "if (mark < CONFIRMED) storeMark", "if (mark < 0) storeMark"),
  fault("trial: no end in time", BOOT, '=== "\\xff") restart();', '=== "\\xfe") restart();'),
  fault("trial: a boot that was not counted is one", BOOT, ' || storeView(file, mark, 1) === "\\xff"', ""),
  fault(
    "trial: what throws as it is launched has all the time there is",
    BOOT,
    "    } else\n      setTimeout(function () {",
    "    } else\n      launch(run), setTimeout(function () {",
  ),
  fault("way back: the loader takes what was given up", BOOT, "found[1]._kept && found[1]", "found[1]"),
  fault("way back: the program takes itself for what was given up", SLOTS, "found[1]._kept ? found[1] : factory", "found[1]"),
  fault("trial: who was passed over is not told", BOOT, "      global.otaOld = run.ctr;\n", ""),
  fault("trial: who was passed over runs", SLOTS, " || last.ctr === global.otaOld", ""),
  fault(
    "confirmation: what flash kept of it is not read",
    TRIAL,
    'if (storeView(run._file, CONFIRMED, 1) === "\\xff") return',
    "if (0) return",
  ),
  fault("switch: what flash kept of it is not read", ACTIVATE, " || !slots(o)._ready", ""),
  fault("check: what is not new is stored first", INSTALLER, "        glance();\n", ""),
  fault(
    "check: what is only looked at counts",
    INSTALLER,
    "        at = 0;\n        put(lengths);",
    "        at = 8;\n        put(lengths);",
  ),
  fault("way back: to what was never confirmed", RECORD, '[CONFIRMED] !== "\\xff"', '[CONFIRMED] !== "\\xfe"'),
  fault("record: any checksum will do", RECORD, "if (bytes.substr(BODY) === h + body)", "if (body)"),
  fault("record: the earlier one counts", RECORD, "found[0].ctr > record.ctr", "found[0].ctr < record.ctr"),
  fault("clearing: the head goes before what it names", FILES, "    const slot = slots(o)._slot;\n", "    const slot = slots(o)._slot;\n    storeErase(HEAD);\n"), // prettier-ignore
  fault("clearing: what is no program stays", FILES, 'storeErase("o." + f.name);', ""),
  fault("clearing: with `keep` all stays, whatever it was", INSTALLER, '(err.code !== "network" && err.code !== "timeout")', "false"),
  fault("clearing: with `keep` nothing stays of a silent source", INSTALLER, ' && err.code !== "timeout"', ""),
  fault(
    "resuming: what looks begun is no reason to begin anew",
    INSTALLER,
    "if (edge) resumed = true;\n      else storeErase",
    "if (!edge) storeErase",
  ),
  fault(
    "writer: what it says twice, or late, counts",
    INSTALLER,
    "      if (mine === turn) {\n        if (err) finish(err as",
    "      {\n        if (err) finish(err as",
  ),
  fault("resuming: what is blank was written", FILES, "size -= n;\n", "size = 0;\n"),
  fault("resuming: what differs stays", INSTALLER, "storeView(file, at, part.length) !== part", "!storeView(file, at, part.length)"),
  fault("source: more than was signed is taken", INSTALLER, "at < edge ? edge - at : left", "at < edge ? edge - at : chunk"),
  fault("writer: it is not waited for", INSTALLER, "    state = WAITING;\n    if (writer && !edge) {", "    if (writer && !edge) {"),
  fault("writer: it may be silent for ever", INSTALLER, "index >= count || attempts", "attempts"),
  fault("source: a refusal is asked again", INSTALLER, 'if (err.code === "refused" || index', "if (index"),
  fault("source: silence has no end", INSTALLER, "if (state === WAITING) return lost", "if (state > HEARD) return lost"),
];
