// The regular expressions of the pages' scripts, and the CPU time that inputs made to hurt take in them.
//
// `list FOLDER`: a JSON line [where, source, flags] of each. `try`: standard input is a JSON line
// [where, source, flags, [[prefix, what is repeated, suffix], …]] of each; standard output the `where` before it is
// tried, and [where, input's head, length, seconds] for each that takes too long.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const SIZES = [30, 300, 3_000, 30_000, 60_000];
const TOO_LONG_S = 0.5; // as in growth.py, with what follows
const LINEAR_AT = 3_000;
const LINEAR_S = 0.0003;

const say = (found) => console.log(JSON.stringify(found));

function list(folder) {
  const ts = createRequire(`${process.cwd()}/package.json`)("typescript");
  for (const file of readdirSync(folder, { recursive: true }).sort()) {
    if (!file.endsWith(".js")) continue;
    const path = join(folder, file);
    const source = ts.createSourceFile(path, readFileSync(path, "utf-8"), ts.ScriptTarget.Latest, true);
    const where = (node) => `${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    const look = (node) => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf("/");
        say([where(node), node.text.slice(1, end), node.text.slice(end + 1)]);
      } else if (ts.isNewExpression(node) && node.expression.getText() === "RegExp") {
        throw new Error(`${where(node)}: write the pattern as a literal`);
      }
      ts.forEachChild(node, look);
    };
    look(source);
  }
}

function seconds(pattern, text) {
  const before = process.cpuUsage();
  if (pattern.global) text.replace(pattern, "");
  else pattern.exec(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function slowest(pattern, [prefix, pump, suffix]) {
  for (const size of SIZES) {
    const text = prefix + pump.repeat(Math.max(1, Math.floor(size / pump.length))) + suffix;
    const took = seconds(pattern, text);
    if (took > TOO_LONG_S) return [text.slice(0, 40), text.length, took];
    if (size === LINEAR_AT && took < LINEAR_S) return null;
  }
  return null;
}

function tryAll() {
  for (const line of readFileSync(0, "utf-8").split("\n").filter(Boolean)) {
    const [where, source, flags, attacks] = JSON.parse(line);
    say(where);
    const pattern = new RegExp(source, flags);
    for (const attack of attacks) {
      const told = slowest(pattern, attack);
      if (told) {
        say([where, ...told]);
        break;
      }
    }
  }
}

if (process.argv[2] === "list") list(process.argv[3]);
else tryAll();
