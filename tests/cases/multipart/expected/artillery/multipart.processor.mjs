// Companion of multipart.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const reportCsv = readFileSync(new URL('./report.csv', import.meta.url));
const dotPng = readFileSync(new URL('./dot.png', import.meta.url));
const everyByteBin = readFileSync(new URL('./every-byte.bin', import.meta.url));
const file2d711642Csv = readFileSync(new URL('./file-2d711642.csv', import.meta.url));
const fileDbe4cc8bBin = readFileSync(new URL('./file-dbe4cc8b.bin', import.meta.url));
const file492d5ea4Bin = readFileSync(new URL('./file-492d5ea4.bin', import.meta.url));
const pages431ced69Png = readFileSync(new URL('./pages-431ced69.png', import.meta.url));

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

export function writeLoginAsWriter(req, context, events, done) {
  const form = multipart([
    ['password', 'text/plain; charset=UTF-8', process.env.PASSWORD],
    ['scope', 'application/json', JSON.stringify({ drafts: 'write' })],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function loggedInAsWriter(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as writer: ' + res.statusCode + ', no $.token'));
  context.vars.tokenOfWriter = token;
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { index: 0, n: 0, name: 'upload', users: 2, after: 0, pause: 1000, turn: perVuIterations(3, 600) },
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
  context.vars.vu = String(user.vu);
  context.vars.asWriter = headerText(`Bearer ${context.vars.tokenOfWriter}`);
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
  context.vars.iteration = String(user.iteration);
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

export function writeAddReport(req, context, events, done) {
  const form = multipart([
    ['title', 'text/plain; charset=UTF-8', `Report ${context.vars.unique} "quoted" \\ ü`],
    ['pages', 'text/plain; charset=UTF-8', '3'],
    ['tags', 'text/plain; charset=UTF-8', 'first'],
    ['tags', 'text/plain; charset=UTF-8', `run ${context.vars.vu}/${context.vars.iteration}`],
    [
      'meta',
      'application/json',
      JSON.stringify({ owner: (process.env.OWNER || 'nobody'), ref: context.vars.unique, final: true }),
    ],
    ['notes', 'text/markdown; charset=UTF-8', '*two*\nlines'],
    [
      'the "cover" \\ ${__P(x)} {{ x }} é',
      'text/plain; charset=UTF-8',
      '{{ title }} ${__P(x)} ${literally}',
    ],
    ['file', 'text/csv', reportCsv, 'report.csv'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function addReport(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, {
    'addReport answers 201': res.statusCode === 201,
    'addReport has $.id': body?.id != null,
    'addReport has $.owner': body?.owner != null,
  });
  if (!ok) return endIteration(context);
  context.id = wellFormed(body?.id);
  context.vars.id = segment(wellFormed(body?.id));
  context.owner = wellFormed(body?.owner);
  return done();
}

export function writeSetPictures(req, context, events, done) {
  const form = multipart([
    ['first', 'text/plain; charset=UTF-8', String(context.id)],
    ['pictures', 'image/png', dotPng, 'dot.png'],
    ['pictures', 'image/webp', everyByteBin, 'every-byte.bin'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function setPictures(req, res, context, events, done) {
  judge(req, res, events, { 'setPictures answers 201': res.statusCode === 201 });
  return done();
}

export function writeAgain(req, context, events, done) {
  const form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'x'],
    ['notes', 'text/markdown; charset=UTF-8', `by ${context.owner}`],
    ['meta', 'application/json', JSON.stringify({ owner: String(context.owner) })],
    ['file', 'text/csv', file2d711642Csv, 'file-2d711642.csv'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function again2(req, res, context, events, done) {
  judge(req, res, events, { 'again answers 201': res.statusCode === 201 });
  return done();
}

export function writeAddNote(req, context, events, done) {
  const form = multipart([['text', 'text/plain; charset=UTF-8', 'x']]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function addNote(req, res, context, events, done) {
  judge(req, res, events, { 'addNote answers 201': res.statusCode === 201 });
  return done();
}

export function writeAddDraft(req, context, events, done) {
  const form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'Built ${literally}'],
    ['undocumented', 'text/plain; charset=UTF-8', 'kept'],
    ['file', 'application/octet-stream', fileDbe4cc8bBin, 'file-dbe4cc8b.bin'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function addDraft(req, res, context, events, done) {
  judge(req, res, events, { 'addDraft answers 201': res.statusCode === 201 });
  return done();
}

export function writeWritten(req, context, events, done) {
  const form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'x'],
    ['file', 'application/octet-stream', file492d5ea4Bin, 'file-492d5ea4.bin'],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function written(req, res, context, events, done) {
  judge(req, res, events, { 'written answers 201': res.statusCode === 201 });
  return done();
}

export function writeAddScan(req, context, events, done) {
  const form = multipart([
    [
      'name "x" \\ é',
      'text/plain; charset=UTF-8',
      `Scan ${context.vars.unique} ü`,
      '',
      'X-Language: en-GB\r\n',
    ],
    ['about', 'application/json', JSON.stringify({ ref: String(context.owner) })],
    [
      'pages',
      'image/png',
      dotPng,
      'dot.png',
      'X-Resolution: 300\r\nX-Inks: cyan,key\r\nX-Note: a"b\\c `${x}` {{ y }} ${__P(z)} $$ é\r\n',
    ],
    [
      'pages',
      'application/octet-stream',
      everyByteBin,
      'every-byte.bin',
      'X-Resolution: 300\r\nX-Inks: cyan,key\r\nX-Note: a"b\\c `${x}` {{ y }} ${__P(z)} $$ é\r\n',
    ],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function addScan(req, res, context, events, done) {
  judge(req, res, events, { 'addScan answers 201': res.statusCode === 201 });
  return done();
}

export function writeBuiltScan(req, context, events, done) {
  const form = multipart([
    ['name "x" \\ é', 'text/plain; charset=UTF-8', 'x', '', 'X-Language: en-GB\r\n'],
    ['about', 'application/json', JSON.stringify({})],
    [
      'pages',
      'image/png',
      pages431ced69Png,
      'pages-431ced69.png',
      'X-Resolution: 300\r\nX-Inks: cyan,key\r\nX-Note: a"b\\c `${x}` {{ y }} ${__P(z)} $$ é\r\n',
    ],
  ]);
  req.headers = { ...req.headers, 'content-type': form.type };
  req.body = form.body;
  return done();
}

export function builtScan(req, res, context, events, done) {
  judge(req, res, events, { 'built scan answers 201': res.statusCode === 201 });
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

// Artillery joins the parts of an answer as text, each by itself: a character that two of them share would be lost.
let decoding;
export function decodeAnswers(context, events, done) {
  decoding ??= events.on('trace:http:response', (res) => res.setEncoding('utf8'));
  return done();
}

function json(res) {
  try {
    return JSON.parse(res.body);
  } catch {
    return undefined;
  }
}

// Half a character cannot be percent-encoded.
function wellFormed(value) {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

// A name in a path. Dots alone are another path (RFC 3986 section 5.2.4), percent-encoded once too; twice they are a name.
function segment(value) {
  return encodeURIComponent(value).replace(/^\.\.?$/, (dots) => dots.replaceAll('.', '%252E'));
}

// UTF-8, as the bytes that Node writes; what could end a header is left out.
function headerText(text) {
  return Buffer.from(String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '')).toString('latin1');
}

// RFC 7578, part by part: Artillery's own forms expand templates, and know a name only once. The boundary is new in each request.
function multipart(parts) {
  const boundary = `jivsgen-${crypto.randomUUID()}`;
  const pieces = parts.flatMap(([name, type, content, file, headers = '']) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name.replace(/["\\]/g, '\\$&')}"`,
    `${file ? `; filename="${file}"` : ''}\r\nContent-Type: ${type}\r\n${headers}\r\n`,
    content,
    '\r\n',
  ]);
  pieces.push(`--${boundary}--\r\n`);
  const body = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}
