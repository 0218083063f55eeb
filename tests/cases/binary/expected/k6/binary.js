// binary: Bytes and text
// From tests/cases/binary/profile.yaml and tests/cases/binary/spec.yaml 1.0.0 (sha256:d4e97e15c41a). Do not edit.
//
//   k6 run binary.js
//
// Environment: BASE_URL (default http://localhost:8080).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check } from 'k6';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const allBytesBin = open('./all-bytes.bin', 'b');
const body2d711642Bin = open('./body-2d711642.bin', 'b');
const dotPng = open('./dot.png', 'b');
const body431ced69Png = open('./body-431ced69.png', 'b');
const rowsCsv = open('./rows.csv', 'b');
const raw2d711642Bin = open('./raw-2d711642.bin', 'b');
const icon431ced69Png = open('./icon-431ced69.png', 'b');

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    send: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 3,
      maxDuration: '10m',
      exec: 'send',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:putBlob,expected_response:true}': ['count>0'],
    'errors{name:putBlob}': ['rate<=0'],
    'http_req_duration{name:putBlob,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:built blob,expected_response:true}': ['count>0'],
    'errors{name:built blob}': ['rate<=0'],
    'http_req_duration{name:built blob,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addPicture,expected_response:true}': ['count>0'],
    'errors{name:addPicture}': ['rate<=0'],
    'http_req_duration{name:addPicture,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:built picture,expected_response:true}': ['count>0'],
    'errors{name:built picture}': ['rate<=0'],
    'http_req_duration{name:built picture,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addAnything,expected_response:true}': ['count>0'],
    'errors{name:addAnything}': ['rate<=0'],
    'http_req_duration{name:addAnything,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addOrder,expected_response:true}': ['count>0'],
    'errors{name:addOrder}': ['rate<=0'],
    'http_req_duration{name:addOrder,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:csv,expected_response:true}': ['count>0'],
    'errors{name:csv}': ['rate<=0'],
    'http_req_duration{name:csv,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:xml,expected_response:true}': ['count>0'],
    'errors{name:xml}': ['rate<=0'],
    'http_req_duration{name:xml,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:example,expected_response:true}': ['count>0'],
    'errors{name:example}': ['rate<=0'],
    'http_req_duration{name:example,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:text,expected_response:true}': ['count>0'],
    'errors{name:text}': ['rate<=0'],
    'http_req_duration{name:text,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:refused,expected_response:true}': ['count>0'],
    'errors{name:refused}': ['rate<=0'],
    'http_req_duration{name:refused,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:addParts,expected_response:true}': ['count>0'],
    'errors{name:addParts}': ['rate<=0'],
    'http_req_duration{name:addParts,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:written parts,expected_response:true}': ['count>0'],
    'errors{name:written parts}': ['rate<=0'],
    'http_req_duration{name:written parts,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  return {
    run: Date.now().toString(36).slice(-8),
  };
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  calls = {
    putBlob: { headers: { 'Content-Type': 'application/octet-stream' }, tags: { name: 'putBlob' } },
    builtBlob: { headers: { 'Content-Type': 'application/octet-stream' }, tags: { name: 'built blob' } },
    addPicture: { headers: { 'Content-Type': 'image/png' }, tags: { name: 'addPicture' } },
    builtPicture: { headers: { 'Content-Type': 'image/png' }, tags: { name: 'built picture' } },
    addAnything: { headers: { 'Content-Type': 'text/csv' }, tags: { name: 'addAnything' } },
    addOrder: { headers: { 'Content-Type': 'application/vnd.order+json' }, tags: { name: 'addOrder' } },
    csv: { headers: { 'Content-Type': 'text/csv' }, tags: { name: 'csv' } },
    xml: { headers: { 'Content-Type': 'application/xml' }, tags: { name: 'xml' } },
    example: { headers: { 'Content-Type': 'application/xml; charset=UTF-8' }, tags: { name: 'example' } },
    text: { headers: { 'Content-Type': 'text/plain' }, tags: { name: 'text' } },
    refused: { headers: { 'Content-Type': 'image/png' }, tags: { name: 'refused' } },
  };
}

export const send = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let form, call, res;

  call = calls.putBlob;
  res = http.put(`${BASE_URL}/blobs/a%20b`, allBytesBin, call);
  verify(call, { 'putBlob answers 204': res.status === 204 });

  call = calls.builtBlob;
  res = http.put(`${BASE_URL}/blobs/${encodeURIComponent(unique)}`, body2d711642Bin, call);
  verify(call, { 'built blob answers 204': res.status === 204 });

  call = calls.addPicture;
  res = http.post(`${BASE_URL}/pictures`, dotPng, call);
  verify(call, { 'addPicture answers 204': res.status === 204 });

  call = calls.builtPicture;
  res = http.post(`${BASE_URL}/pictures`, body431ced69Png, call);
  verify(call, { 'built picture answers 204': res.status === 204 });

  call = calls.addAnything;
  res = http.post(`${BASE_URL}/anything`, rowsCsv, call);
  verify(call, { 'addAnything answers 204': res.status === 204 });

  call = calls.addOrder;
  res = http.post(`${BASE_URL}/orders`, JSON.stringify({ id: 0 }), call);
  verify(call, { 'addOrder answers 204': res.status === 204 });

  call = calls.csv;
  res = http.post(`${BASE_URL}/orders`, rowsCsv, call);
  verify(call, { 'csv answers 204': res.status === 204 });

  call = calls.xml;
  res = http.post(
    `${BASE_URL}/orders`,
    `<order><id>${unique}</id><!-- {{ id }} \${__UUID()} --></order>`,
    call,
  );
  verify(call, { 'xml answers 204': res.status === 204 });

  call = calls.example;
  res = http.post(`${BASE_URL}/orders`, '<order><id>7</id></order>', call);
  verify(call, { 'example answers 204': res.status === 204 });

  call = calls.text;
  res = http.post(`${BASE_URL}/orders`, `order ${unique} ü\n`, call);
  verify(call, { 'text answers 204': res.status === 204 });

  call = calls.refused;
  res = http.post(`${BASE_URL}/orders`, 'no order', call);
  verify(call, { 'refused answers 415': res.status === 415 });

  form = multipart([
    ['key', 'application/pgp-keys; charset=UTF-8', 'eA=='],
    ['raw', 'application/octet-stream', raw2d711642Bin, 'raw-2d711642.bin'],
    ['icon', 'image/png', icon431ced69Png, 'icon-431ced69.png'],
  ]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'addParts' } };
  res = http.post(`${BASE_URL}/parts`, form.body, call);
  verify(call, { 'addParts answers 204': res.status === 204 });

  form = multipart([
    ['key', 'application/pgp-keys; charset=UTF-8', 'b3JkZXI='],
    ['raw', 'application/octet-stream', allBytesBin, 'all-bytes.bin'],
    ['icon', 'image/png', dotPng, 'dot.png'],
  ]);
  call = { headers: { 'Content-Type': form.type }, tags: { name: 'written parts' } };
  res = http.post(`${BASE_URL}/parts`, form.body, call);
  verify(call, { 'written parts answers 204': res.status === 204 });
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
      if (!calls) prepare(data);
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
  const pieces = parts.flatMap(([name, type, content, file]) => [
    utf8(`--${boundary}\r\nContent-Disposition: form-data; name="${name.replace(/["\\]/g, '\\$&')}"`),
    utf8(`${file ? `; filename="${file}"` : ''}\r\nContent-Type: ${type}\r\n\r\n`),
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
