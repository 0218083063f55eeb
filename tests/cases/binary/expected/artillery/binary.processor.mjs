// Companion of binary.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const allBytesBin = readFileSync(new URL('./all-bytes.bin', import.meta.url));
const body2d711642Bin = readFileSync(new URL('./body-2d711642.bin', import.meta.url));
const dotPng = readFileSync(new URL('./dot.png', import.meta.url));
const body431ced69Png = readFileSync(new URL('./body-431ced69.png', import.meta.url));
const rowsCsv = readFileSync(new URL('./rows.csv', import.meta.url));
const raw2d711642Bin = readFileSync(new URL('./raw-2d711642.bin', import.meta.url));
const icon431ced69Png = readFileSync(new URL('./icon-431ced69.png', import.meta.url));

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { index: 0, n: 0, name: 'send', users: 2, after: 0, pause: 1000, turn: perVuIterations(3, 600) },
];
const places = LOADS.flatMap((load) => Array.from({ length: load.users }, (_, i) => ({ load, vu: i + 1, iteration: 0 })));
let taken = 0;
const waiting = new Set();
let start; // ms: when the last user arrives

setInterval(() => {
  waiting.forEach(takeTurn);
}, 10).unref();

function perVuIterations(iterations, longest) {
  return (user, seconds) => user.iteration < iterations && seconds < longest;
}

// After each pass of the outer loop, whose first one does nothing.
export function nextIteration(context, again) {
  start ??= performance.now() + 1000 * (1 - 1 / places.length);
  context.user ??= takePlace(context);
  if (!context.user) return again(false);
  context.user.again = again;
  takeTurn(context.user);
}

function takePlace(context) {
  const user = places[taken++];
  if (!user) return undefined;
  user.context = context;
  context.vars[user.load.name] = [true];
  for (const agent of [context._httpAgent, context._httpsAgent]) agent.options.freeSocketTimeout = 0; // keep the connection
  return user;
}

function takeTurn(user) {
  const seconds = (performance.now() - start) / 1000 - user.load.after;
  const works = seconds < 0 ? undefined : user.load.turn(user, seconds);
  if (works === undefined) return waiting.add(user);
  waiting.delete(user);
  return user.again(works && begin(user));
}

function begin(user) {
  const { context, load } = user;
  context.n = load.n++;
  context.vars.unique = `${context.vars.run}${load.index.toString(36)}${context.n.toString(36)}`;
  user.iteration++;
  if (context._enableCookieJar) {
    context._jar.removeAllCookiesSync(); // cookies last one iteration
    context._enableCookieJar = false;
  }
  return true;
}

// Leaves the iteration where it stands. The pause: no hot loop on a broken server.
function endIteration({ user }) {
  setTimeout(takeTurn, user.load.pause, user);
}

// the steps ----------------------------------------------------------------------------------------

export function writePutBlob(req, context, events, done) {
  req.body = allBytesBin;
  return done();
}

export function putBlob(req, res, context, events, done) {
  judge(req, res, events, { 'putBlob answers 204': res.statusCode === 204 });
  return done();
}

export function writeBuiltBlob(req, context, events, done) {
  req.body = body2d711642Bin;
  return done();
}

export function builtBlob(req, res, context, events, done) {
  judge(req, res, events, { 'built blob answers 204': res.statusCode === 204 });
  return done();
}

export function writeAddPicture(req, context, events, done) {
  req.body = dotPng;
  return done();
}

export function addPicture(req, res, context, events, done) {
  judge(req, res, events, { 'addPicture answers 204': res.statusCode === 204 });
  return done();
}

export function writeBuiltPicture(req, context, events, done) {
  req.body = body431ced69Png;
  return done();
}

export function builtPicture(req, res, context, events, done) {
  judge(req, res, events, { 'built picture answers 204': res.statusCode === 204 });
  return done();
}

export function writeAddAnything(req, context, events, done) {
  req.body = rowsCsv;
  return done();
}

export function addAnything(req, res, context, events, done) {
  judge(req, res, events, { 'addAnything answers 204': res.statusCode === 204 });
  return done();
}

export function addOrder(req, res, context, events, done) {
  judge(req, res, events, { 'addOrder answers 204': res.statusCode === 204 });
  return done();
}

export function writeCsv(req, context, events, done) {
  req.body = rowsCsv;
  return done();
}

export function csv(req, res, context, events, done) {
  judge(req, res, events, { 'csv answers 204': res.statusCode === 204 });
  return done();
}

export function writeXml(req, context, events, done) {
  req.body = Buffer.from(`<order><id>${context.vars.unique}</id><!-- {{ id }} \${__UUID()} --></order>`);
  return done();
}

export function xml(req, res, context, events, done) {
  judge(req, res, events, { 'xml answers 204': res.statusCode === 204 });
  return done();
}

export function example(req, res, context, events, done) {
  judge(req, res, events, { 'example answers 204': res.statusCode === 204 });
  return done();
}

export function writeText(req, context, events, done) {
  req.body = Buffer.from(`order ${context.vars.unique} ü\n`);
  return done();
}

export function text(req, res, context, events, done) {
  judge(req, res, events, { 'text answers 204': res.statusCode === 204 });
  return done();
}

export function refused(req, res, context, events, done) {
  judge(req, res, events, { 'refused answers 415': res.statusCode === 415 });
  return done();
}

export function writeAddParts(req, context, events, done) {
  const form = multipart([
    ['key', 'application/pgp-keys; charset=UTF-8', 'eA=='],
    ['raw', 'application/octet-stream', raw2d711642Bin, 'raw-2d711642.bin'],
    ['icon', 'image/png', icon431ced69Png, 'icon-431ced69.png'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function addParts(req, res, context, events, done) {
  judge(req, res, events, { 'addParts answers 204': res.statusCode === 204 });
  return done();
}

export function writeWrittenParts(req, context, events, done) {
  const form = multipart([
    ['key', 'application/pgp-keys; charset=UTF-8', 'b3JkZXI='],
    ['raw', 'application/octet-stream', allBytesBin, 'all-bytes.bin'],
    ['icon', 'image/png', dotPng, 'dot.png'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function writtenParts(req, res, context, events, done) {
  judge(req, res, events, { 'written parts answers 204': res.statusCode === 204 });
  return done();
}

// every answer -------------------------------------------------------------------------------------

// A call is an error when any of its checks is false; whatever it is, it has one sample of each of its metrics.
function judge(req, res, events, checks) {
  let errors = 0;
  for (const name in checks) {
    if (checks[name]) continue;
    errors = 1;
    events.emit('counter', `failed.${name}`, 1);
  }
  record(events, `op.${req.name}`, errors, elapsed(res));
  return errors === 0;
}

// No answer at all: an error without a response time.
export function unanswered(error, req, context, events, done) {
  record(events, `op.${req.name}`, 1);
  events.emit('error', error.code ?? error.message);
  return endIteration(context);
}

function record(events, key, errors, ms) {
  events.emit('counter', `${key}.requests`, 1);
  events.emit('counter', `${key}.errors`, errors);
  if (ms !== undefined) events.emit('histogram', `${key}.ms`, ms);
}

// From the first byte sent to the last byte read, in ms.
function elapsed(res) {
  const { request, firstByte, download } = res.timings.phases;
  return request + firstByte + download;
}

// RFC 7578, part by part: Artillery's own forms expand templates, and know a name only once. The boundary is new in each request.
function multipart(parts) {
  const boundary = `jivsgen-${crypto.randomUUID()}`;
  const pieces = parts.flatMap(([name, type, content, file]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name.replace(/["\\]/g, '\\$&')}"`,
    `${file ? `; filename="${file}"` : ''}\r\nContent-Type: ${type}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  pieces.push(`--${boundary}--\r\n`);
  const body = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}
