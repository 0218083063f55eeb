// Users who create, start, watch and list extractions as fast as they can: written by hand, for speed.
//
//   JIVS_PASSWORD=… k6 run -e USERS=3 -e ITERATIONS=5 extraction.js
//
// What is the same in every iteration is made once: parameters and tags when a VU begins, the frame of the body here. A value is
// taken out of an answer by its path (res.json), without making objects of the whole answer.
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

const BASE_URL = (__ENV.BASE_URL || 'http://localhost:8080').replace(/\/+$/, '');
if (!/^https?:\/\/[^/\s]+/.test(BASE_URL)) throw new Error(`BASE_URL is not an http(s) URL: ${BASE_URL}`);
const EXTRACTIONS = `${BASE_URL}/api/v1/extractions`;
const LIST = `${EXTRACTIONS}?page=0&size=20&status=RUNNING`;

const extractionDuration = new Trend('extraction_duration', true);
const extractionsCreated = new Counter('extractions_created');
const errors = new Rate('errors');

http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

function limits(name) {
  return {
    [`http_reqs{name:${name},expected_response:true}`]: ['count>0'],
    [`http_req_duration{name:${name},expected_response:true}`]: ['p(95)<=2000', 'p(99)<=5000'],
    [`errors{name:${name}}`]: ['rate<=0.01'],
  };
}

export const options = {
  scenarios: {
    lifecycle: {
      executor: 'per-vu-iterations',
      vus: Number(__ENV.USERS || 3),
      iterations: Number(__ENV.ITERATIONS || 5),
      maxDuration: '10m',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    errors: ['rate<=0.01'],
    ...limits('createExtraction'),
    ...limits('startExtraction'),
    ...limits('getExtraction'),
    ...limits('listExtractions'),
    extraction_duration: ['p(95)<=2000'],
    extractions_created: ['count>0'], // and so is the one above: they are added together
    'checks{check:getExtraction ends within 5 attempts}': ['rate==1'],
  },
};

export function setup() {
  if (!__ENV.JIVS_PASSWORD) throw new Error('not set in the environment: JIVS_PASSWORD');
  const res = http.post(
    `${BASE_URL}/api/v1/auth/login`,
    JSON.stringify({ username: __ENV.JIVS_USERNAME || 'admin', password: __ENV.JIVS_PASSWORD }),
    { headers: { 'Content-Type': 'application/json' }, tags: { name: 'login' } },
  );
  const token = res.status === 200 ? at(res, 'accessToken') : undefined;
  if (!token) fail(`login: ${res.status || res.error}, no accessToken`);
  return { token, run: Date.now().toString(36) };
}

const frame = JSON.stringify({
  name: 'Load Test Extraction #',
  sourceType: 'JDBC',
  connectionConfig: {
    url: 'jdbc:postgresql://source-db:5432/testdb',
    username: 'test',
    password: __ENV.SOURCE_PASSWORD || 'test',
    driverClassName: 'org.postgresql.Driver',
  },
  extractionQuery: 'SELECT * FROM test_table LIMIT 1000',
});
const hash = frame.indexOf('#');
const head = frame.slice(0, hash);
const tail = frame.slice(hash + 1);

let create, start, get, list; // parameters of this VU's requests

function prepare(token) {
  const headers = { Authorization: `Bearer ${token}` };
  create = { headers: { ...headers, 'Content-Type': 'application/json' }, tags: { name: 'createExtraction' } };
  start = { headers, tags: { name: 'startExtraction' } };
  get = { headers, tags: { name: 'getExtraction' } };
  list = { headers, tags: { name: 'listExtractions' } };
}

export default function (data) {
  try {
    lifecycle(data);
  } catch (e) {
    console.error(e.stack || e);
    exec.test.fail(`exception: ${e}`);
  }
}

function lifecycle({ token, run }) {
  if (!create) prepare(token);
  const unique = run + exec.scenario.iterationInTest.toString(36);

  let res = http.post(EXTRACTIONS, head + unique + tail, create);
  const id = at(res, 'data.id');
  const created = check(res, {
    'createExtraction answers 201': res.status === 201,
    'createExtraction has $.data.id': id != null,
    'createExtraction $.data.status is PENDING': at(res, 'data.status') === 'PENDING',
    'createExtraction $.data.recordsExtracted is 0': at(res, 'data.recordsExtracted') === 0,
  }, create.tags);
  errors.add(!created, create.tags);
  if (!created) return sleep(1);
  extractionDuration.add(res.timings.duration);
  extractionsCreated.add(1);
  const url = `${EXTRACTIONS}/${encodeURIComponent(id)}`;

  res = http.post(`${url}/start`, null, start);
  errors.add(!check(res, { 'startExtraction answers 202': res.status === 202 }, start.tags), start.tags);

  let status;
  for (let attempt = 1; attempt <= 5; attempt++) {
    if (attempt > 1) sleep(0.001);
    res = http.get(url, get);
    const found = check(res, { 'getExtraction answers 200': res.status === 200 }, get.tags);
    errors.add(!found, get.tags);
    status = found ? at(res, 'data.status') : undefined;
    if (status === 'COMPLETED' || status === 'FAILED') break;
  }
  check(res, { 'getExtraction ends within 5 attempts': status === 'COMPLETED' }, get.tags);

  res = http.get(LIST, list);
  const listed = check(res, {
    'listExtractions answers 200': res.status === 200,
    'listExtractions has $.data.totalPages': at(res, 'data.totalPages') != null,
    'listExtractions $.data.size is 20': at(res, 'data.size') === 20,
  }, list.tags);
  errors.add(!listed, list.tags);
}

// res.json() throws on a body that is no JSON.
function at(res, path) {
  try {
    return res.json(path);
  } catch {
    return undefined;
  }
}
