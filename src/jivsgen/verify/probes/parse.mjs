// Loaded into Artillery's own Node (--import): its parser reads each script, and each function that a script names must
// be one that its processor exports. Answers go to a file; nothing is run.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.env.JIVSGEN_PROBE;
const command = process.argv[1];

if (folder && command && /artillery.*run$/.test(command.replaceAll('\\', '/'))) {
  const home = resolve(dirname(realpathSync(command)), '..');
  const parser = join(home, 'dist/lib/util/prepare-test-execution-plan.js');
  const { default: prepare } = await import(pathToFileURL(parser).href);
  const exit = process.exit;
  const scripts = JSON.parse(readFileSync(join(folder, 'scripts.json'), 'utf8'));
  const answers = {};
  for (const [name, path] of Object.entries(scripts)) answers[name] = await refusal(path, prepare);
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  exit(0);
}

async function refusal(path, prepare) {
  const said = [];
  const log = console.log;
  console.log = (text) => said.push(String(text));
  process.exit = () => {
    throw new Error(said.join(' ') || 'refused');
  };
  try {
    const script = await prepare([path], { environment: undefined }, {});
    if (!script.config.processor) return '';
    const processor = await import(pathToFileURL(resolve(dirname(path), script.config.processor)).href);
    const named = functions([script.before, script.scenarios, script.after]);
    const missing = named.filter((name) => typeof processor[name] !== 'function');
    return missing.length ? `the processor has no function ${missing.join(', ')}` : '';
  } catch (e) {
    return String(e.message || e);
  } finally {
    console.log = log;
  }
}

function functions(value) {
  if (Array.isArray(value)) return value.flatMap(functions);
  if (!value || typeof value !== 'object') return [];
  const keys = ['function', 'whileTrue', 'beforeRequest', 'afterResponse', 'beforeScenario', 'afterScenario', 'onError'];
  const own = keys.flatMap((key) => (value[key] === undefined ? [] : [value[key]].flat()));
  const inner = Object.entries(value).filter(([key]) => !['json', 'body', 'headers', 'qs', 'form'].includes(key));
  return [...new Set([...own, ...inner.flatMap(([, child]) => functions(child))])].filter((name) => typeof name === 'string');
}
