"use strict";
/** How a call ended: `{ ok, result }` or `{ ok: false, error, message }`; whoever never calls back has "timeout" after 20 s. */
function outcome(start, ms = 20000) {
  return new Promise((end) => {
    const timer = setTimeout(() => end({ ok: false, error: "timeout" }), ms);
    const done = (error, result) => {
      clearTimeout(timer);
      end(error ? { ok: false, error: error.code || error.name, name: error.name, message: error.message } : { ok: true, result });
    };
    try {
      start(done);
    } catch (error) {
      done(error);
    }
  });
}

const delay = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(check, ms = 8000) {
  for (const end = Date.now() + ms; Date.now() < end; await delay(10)) if (check()) return true;
  return false;
}

module.exports = { delay, outcome, until };
