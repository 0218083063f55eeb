// multipart: Forms with files
// From tests/cases/multipart/profile.yaml and tests/cases/multipart/spec.yaml 1.0.0 (sha256:5a23e1ae23b0). Do not edit.
//
//   PASSWORD=… k6 run multipart.js
//
// Environment: BASE_URL (default http://localhost:8080), OWNER (default nobody), PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const reportCsv = open('./report.csv', 'b');
const dotPng = open('./dot.png', 'b');
const everyByteBin = open('./every-byte.bin', 'b');
const file2d711642Csv = open('./file-2d711642.csv', 'b');
const fileDbe4cc8bBin = open('./file-dbe4cc8b.bin', 'b');
const file492d5ea4Bin = open('./file-492d5ea4.bin', 'b');
const pages431ced69Png = open('./pages-431ced69.png', 'b');

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    upload: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 3,
      maxDuration: '10m',
      exec: 'upload',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:addReport,expected_response:true}': ['count>0'],
    'errors{name:addReport}': ['rate<=0'],
    'http_req_duration{name:addReport,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:setPictures,expected_response:true}': ['count>0'],
    'errors{name:setPictures}': ['rate<=0'],
    'http_req_duration{name:setPictures,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:again,expected_response:true}': ['count>0'],
    'errors{name:again}': ['rate<=0'],
    'http_req_duration{name:again,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addNote,expected_response:true}': ['count>0'],
    'errors{name:addNote}': ['rate<=0'],
    'http_req_duration{name:addNote,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addDraft,expected_response:true}': ['count>0'],
    'errors{name:addDraft}': ['rate<=0'],
    'http_req_duration{name:addDraft,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:written,expected_response:true}': ['count>0'],
    'errors{name:written}': ['rate<=0'],
    'http_req_duration{name:written,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addScan,expected_response:true}': ['count>0'],
    'errors{name:addScan}': ['rate<=0'],
    'http_req_duration{name:addScan,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:built scan,expected_response:true}': ['count>0'],
    'errors{name:built scan}': ['rate<=0'],
    'http_req_duration{name:built scan,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  const unset = ['PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    run: Date.now().toString(36).slice(-8),
    writer: login1(),
  };
}

function login1() {
  const form = multipart([
    ['password', 'text/plain; charset=UTF-8', __ENV.PASSWORD],
    ['scope', 'application/json', JSON.stringify({ drafts: 'write' })],
  ]);
  const res = http.request('POST', `${BASE_URL}/login`, form.body, {
    headers: { 'Content-Type': form.type },
    tags: { name: 'login as writer' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as writer: ${res.status || res.error}, no $.token`);
  return token;
}

export const upload = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let form, call, res, ok, id, owner;

  form = multipart([
    ['title', 'text/plain; charset=UTF-8', `Report ${unique} "quoted" \\ ü`],
    ['pages', 'text/plain; charset=UTF-8', '3'],
    ['tags', 'text/plain; charset=UTF-8', 'first'],
    ['tags', 'text/plain; charset=UTF-8', `run ${exec.vu.idInTest}/${exec.vu.iterationInScenario}`],
    [
      'meta',
      'application/json',
      JSON.stringify({ owner: (__ENV.OWNER || 'nobody'), ref: unique, final: true }),
    ],
    ['notes', 'text/markdown; charset=UTF-8', '*two*\nlines'],
    [
      'the "cover" \\ ${__P(x)} {{ x }} é',
      'text/plain; charset=UTF-8',
      '{{ title }} ${__P(x)} ${literally}',
    ],
    ['file', 'text/csv', reportCsv, 'report.csv'],
  ]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'addReport' } };
  res = http.post(`${BASE_URL}/reports`, form.body, call);
  id = json(res, 'id');
  owner = json(res, 'owner');
  ok = verify(call, {
    'addReport answers 201': res.status === 201,
    'addReport has $.id': id != null,
    'addReport has $.owner': owner != null,
  });
  if (!ok) return sleep(1);

  form = multipart([
    ['first', 'text/plain; charset=UTF-8', String(id)],
    ['pictures', 'image/png', dotPng, 'dot.png'],
    ['pictures', 'image/webp', everyByteBin, 'every-byte.bin'],
  ]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'setPictures' } };
  res = http.put(`${BASE_URL}/reports/${encodeURIComponent(id)}/pictures`, form.body, call);
  verify(call, { 'setPictures answers 201': res.status === 201 });

  form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'x'],
    ['notes', 'text/markdown; charset=UTF-8', `by ${owner}`],
    ['meta', 'application/json', JSON.stringify({ owner: String(owner) })],
    ['file', 'text/csv', file2d711642Csv, 'file-2d711642.csv'],
  ]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'again' } };
  res = http.post(`${BASE_URL}/reports`, form.body, call);
  verify(call, { 'again answers 201': res.status === 201 });

  form = multipart([['text', 'text/plain; charset=UTF-8', 'x']]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'addNote' } };
  res = http.post(`${BASE_URL}/notes`, form.body, call);
  verify(call, { 'addNote answers 201': res.status === 201 });

  form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'Built ${literally}'],
    ['undocumented', 'text/plain; charset=UTF-8', 'kept'],
    ['file', 'application/octet-stream', fileDbe4cc8bBin, 'file-dbe4cc8b.bin'],
  ]);
  call = {
    headers: { Authorization: `Bearer ${data.writer}`, 'Content-Type': form.type },
    tags: { name: 'addDraft' },
  };
  res = http.post(`${BASE_URL}/drafts`, form.body, call);
  verify(call, { 'addDraft answers 201': res.status === 201 });

  form = multipart([
    ['title', 'text/plain; charset=UTF-8', 'x'],
    ['file', 'application/octet-stream', file492d5ea4Bin, 'file-492d5ea4.bin'],
  ]);
  call = {
    headers: { Authorization: `Bearer ${data.writer}`, 'Content-Type': form.type },
    tags: { name: 'written' },
  };
  res = http.post(`${BASE_URL}/drafts`, form.body, call);
  verify(call, { 'written answers 201': res.status === 201 });

  form = multipart([
    ['name "x" \\ é', 'text/plain; charset=UTF-8', `Scan ${unique} ü`, '', 'X-Language: en-GB\r\n'],
    ['about', 'application/json', JSON.stringify({ ref: String(owner) })],
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
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'addScan' } };
  res = http.post(`${BASE_URL}/scans`, form.body, call);
  verify(call, { 'addScan answers 201': res.status === 201 });

  form = multipart([
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
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'built scan' } };
  res = http.post(`${BASE_URL}/scans`, form.body, call);
  verify(call, { 'built scan answers 201': res.status === 201 });
});

function baseUrl(text) {
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) throw new Error(`BASE_URL is not an http(s) URL: ${text}`);
  return url;
}

// An exception ends the iteration; k6 would exit with 0 all the same.
function guarded(iteration) {
  return (data) => {
    try {
      iteration(data);
    } catch (e) {
      console.error(e.stack || e);
      exec.test.fail(`exception: ${e}`);
    }
  };
}

// The checks of one call, name to whether it holds.
function verify(call, checks) {
  const ok = check(null, checks, call.tags);
  errors.add(!ok, call.tags);
  return ok;
}

// res.json() throws when there is no answer; here that is a false check, not an exception.
function json(res, path) {
  try {
    return res.json(path);
  } catch {
    return undefined;
  }
}

// RFC 7578, part by part: k6's own forms have no order, and no types for fields. The boundary is new in each request.
function multipart(parts) {
  const boundary = `jivsgen-${crypto.randomUUID()}`;
  const pieces = parts.flatMap(([name, type, content, file, headers = '']) => [
    utf8(`--${boundary}\r\nContent-Disposition: form-data; name="${name.replace(/["\\]/g, '\\$&')}"`),
    utf8(`${file ? `; filename="${file}"` : ''}\r\nContent-Type: ${type}\r\n${headers}\r\n`),
    typeof content === 'string' ? utf8(content) : new Uint8Array(content),
    utf8('\r\n'),
  ]);
  pieces.push(utf8(`--${boundary}--\r\n`));
  const body = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  pieces.reduce((at, piece) => (body.set(piece, at), at + piece.length), 0);
  return { body: body.buffer, type: `multipart/form-data; boundary=${boundary}` };
}

function utf8(text) {
  return new Uint8Array(encoding.b64decode(encoding.b64encode(text)));
}
