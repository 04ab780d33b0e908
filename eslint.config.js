"use strict";
const globals = require("./scripts/globals.js");
const tseslint = require("typescript-eslint");

// The arrows of the house: what a folder of src/ may import besides itself. Everything else is refused.
const arrow = (files, pattern, message) => ({
  files: [files],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          { regex: pattern, message },
          { regex: "^(?!\\.|#host$)", message: "src/ names no package and no platform: ask the target through #host" },
        ],
      },
    ],
  },
});

const arrows = [
  arrow("src/core/**", "^\\.\\./(?!host$)", "core imports only core and the host's types"),
  arrow("src/mqtt/**", "^\\.\\./(?!host$|core/)", "mqtt imports core"),
  arrow("src/auth/**", "^\\.\\./(?!host$|core/)", "auth imports core"),
  arrow("src/tpm/**", "^\\.\\./(?!host$|core/)", "tpm imports core"),
  arrow("src/ota/**", "^\\.\\./(?!host$|core/|auth/)", "ota imports core and auth"),
  {
    files: ["src/cloud/**"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^\\.\\./(?!\\.\\./(host$|core/|mqtt/|auth/|ota/))",
              message: "a cloud imports core, mqtt, auth and ota's types; never another cloud",
            },
            { regex: "^\\.\\./\\.\\./ota/", allowTypeImports: true, message: "a cloud imports ota's types only" },
            { regex: "^(?!\\.|#host$)", message: "src/ names no package and no platform: ask the target through #host" },
          ],
        },
      ],
    },
  },
  {
    files: ["targets/**"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(\\.\\./)+(?!\\.\\./|src/host$|flash$)", message: "a target imports src/host only" }] },
      ],
    },
  },
];

// What the emitter or the hosts cannot do; the built files are checked once more by scripts/check-dialect.js.
const dialect = {
  files: ["src/**/*.ts", "targets/**/*.ts"],
  rules: {
    "no-labels": "error",
    // There are no rest parameters.
    "prefer-rest-params": "off",
    "no-restricted-syntax": [
      "error",
      { selector: "ClassDeclaration[superClass], ClassExpression[superClass]", message: "extends does not run on Espruino" },
      { selector: ":function[async=true], :function[generator=true], AwaitExpression", message: "no promises and generators on the hosts" },
      { selector: "ForOfStatement", message: "for-of needs a helper: count" },
      { selector: "SpreadElement, :function > RestElement", message: "spread and rest need a helper: concat, apply, arguments" },
      { selector: "TSEnumDeclaration", message: "a const number is folded, an enum is not" },
    ],
    complexity: ["error", 12],
    "max-lines": ["error", { max: 250, skipComments: true, skipBlankLines: true }],
    "no-var": "error",
    "prefer-const": "error",
    // `this` of a device object is typed, and a callback without closure costs less.
    "@typescript-eslint/no-this-alias": "off",
    // A target speaks with what no type describes.
    "@typescript-eslint/no-explicit-any": "off",
    "@typescript-eslint/no-non-null-assertion": "off",
    "@typescript-eslint/no-empty-object-type": "off",
  },
};

const correctness =
  "no-undef no-cond-assign no-const-assign no-constant-binary-expression no-debugger no-delete-var no-dupe-args no-dupe-else-if " +
  "no-dupe-keys no-duplicate-case no-ex-assign no-fallthrough no-func-assign no-global-assign no-import-assign no-inner-declarations " +
  "no-invalid-regexp no-irregular-whitespace no-loss-of-precision no-obj-calls no-octal no-redeclare no-self-assign no-shadow-restricted-names " +
  "no-sparse-arrays no-unreachable no-unsafe-finally no-unsafe-negation no-unused-labels no-useless-escape use-isnan valid-typeof eqeqeq";

// On a device a function costs more than a branch (docs/deviations.md, D2): what is above the limit stands here, and may only shrink.
const complex = (limits) => Object.entries(limits).map(([file, limit]) => ({ files: [file], rules: { complexity: ["error", limit] } }));

const complexities = complex({
  "src/auth/sas.ts": 22,
  "src/cloud/aliiot/alink.ts": 23,
  "src/cloud/aliiot/heard.ts": 27,
  "src/cloud/aliiot/options.ts": 25,
  "src/cloud/aliiot/ota.ts": 24,
  "src/cloud/aliiot/queue.ts": 14,
  "src/cloud/bigiot/answer.ts": 15,
  "src/cloud/bigiot/lane.ts": 18,
  "src/cloud/bigiot/message.ts": 18,
  "src/cloud/bigiot/options.ts": 13,
  "src/cloud/iotcentral/dps.ts": 22,
  "src/cloud/iotcentral/events.ts": 13,
  "src/cloud/iotcentral/limits.ts": 14,
  "src/cloud/iotcentral/options.ts": 16,
  "src/cloud/iotcentral/telemetry.ts": 13,
  "src/cloud/iotcentral/twin.ts": 16,
  "src/cloud/iotconnect/acts.ts": 27,
  "src/cloud/iotconnect/attributes.ts": 42,
  "src/cloud/iotconnect/commands.ts": 23,
  "src/cloud/iotconnect/data.ts": 34,
  "src/cloud/iotconnect/discovery.ts": 16,
  "src/cloud/iotconnect/keeper.ts": 15,
  "src/cloud/iotconnect/link.ts": 15,
  "src/cloud/iotconnect/offline.ts": 15,
  "src/cloud/iotconnect/options.ts": 22,
  "src/cloud/iotconnect/rules.ts": 25,
  "src/cloud/iotconnect/twin.ts": 13,
  "src/cloud/watson/adapter.ts": 26,
  "src/cloud/watson/ask.ts": 14,
  "src/cloud/watson/config.ts": 20,
  "src/cloud/watson/fields.ts": 13,
  "src/cloud/watson/firmware.ts": 13,
  "src/cloud/watson/hear.ts": 27,
  "src/cloud/watson/open.ts": 23,
  "src/cloud/watson/orders.ts": 30,
  "src/cloud/watson/post.ts": 22,
  "src/core/journal.ts": 13,
  "src/core/json.ts": 22,
  "src/core/utf8.ts": 18,
  "src/mqtt/acked.ts": 34,
  "src/mqtt/client.ts": 33,
  "src/mqtt/link.ts": 24,
  "src/mqtt/options.ts": 18,
  "src/mqtt/short.ts": 22,
  "src/mqtt/take.ts": 33,
  "src/mqtt/url.ts": 15,
  "src/tpm/enrol.ts": 25,
  "src/tpm/index.ts": 25,
  "src/tpm/tis.ts": 22,
  "targets/iotjs/storage.ts": 14,
  "targets/iotjs/text.ts": 16,
  "targets/kaluma/storage.ts": 16,
  "targets/kaluma/text.ts": 18,
});

module.exports = tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/", "**/*.d.ts"] },
  ...tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...Object.fromEntries(correctness.split(" ").map((rule) => [rule, "error"])),
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      "@typescript-eslint/no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
    },
  },
  { files: ["**/*.ts"], rules: { "no-undef": "off", "no-redeclare": "off" } },
  {
    files: ["**/*.js"],
    languageOptions: { sourceType: "commonjs", globals: globals.node },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  // What runs on the interpreters has their globals, and is read by people who write for them.
  {
    files: [
      "examples/**/*.js",
      "bench/device/**/*.js",
      "bench/apps/**/*.js",
      "test/mock/prelude.js",
      "test/mock/realm/*.js",
      "test/**/{device,apps}/**/*.js",
    ],
    languageOptions: { sourceType: "script", globals: globals.device },
    rules: {
      "@typescript-eslint/no-unused-vars": "off",
      "@typescript-eslint/no-this-alias": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-explicit-any": "off", "@typescript-eslint/no-require-imports": "off" } },
  dialect,
  ...complexities,
  ...arrows,
);
