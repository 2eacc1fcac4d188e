// What changed between two texts, by words.

const MOST = 600; // words between the first and the last change; beyond that all of them count as replaced

const words = (text) => text.match(/[\p{L}\p{N}_'’-]+|[^\p{L}\p{N}_\s]/gu) ?? [];

/** Lengths of the longest common subsequences of all pairs of tails. */
function common(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

/** How many words two texts share at their start, and then at their end. */
function shared(a, b) {
  const least = Math.min(a.length, b.length);
  let [start, end] = [0, 0];
  while (start < least && a[start] === b[start]) start++;
  while (end < least - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return [start, end];
}

function walk(a, b) {
  const runs = [];
  const put = (kind, word) => {
    if (runs.at(-1)?.kind === kind) runs.at(-1).words.push(word);
    else runs.push({ kind, words: [word] });
  };
  const [start, end] = shared(a, b);
  for (const word of a.slice(0, start)) put("same", word);
  between(a.slice(start, a.length - end), b.slice(start, b.length - end), put);
  for (const word of a.slice(a.length - end)) put("same", word);
  return runs;
}

function between(a, b, put) {
  if (a.length > MOST || b.length > MOST) {
    for (const word of a) put("del", word);
    for (const word of b) put("ins", word);
    return;
  }
  const table = common(a, b);
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      put("same", a[i++]);
      j++;
    } else if (i < a.length && (j === b.length || table[i + 1][j] >= table[i][j + 1])) put("del", a[i++]);
    else put("ins", b[j++]);
  }
}

/** Fold an island of at most three letters between two changes into both: it reads better. */
function fold(runs) {
  const folded = [];
  let [gone, come] = [[], []];
  const flush = () => {
    if (gone.length) folded.push({ kind: "del", words: gone });
    if (come.length) folded.push({ kind: "ins", words: come });
    [gone, come] = [[], []];
  };
  runs.forEach(({ kind, words: run }, at) => {
    const island = kind === "same" && at > 0 && at < runs.length - 1 && run.join("").length <= 3;
    if (kind === "del" || island) gone.push(...run);
    if (kind === "ins" || island) come.push(...run);
    if (kind === "same" && !island) {
      flush();
      folded.push({ kind, words: run });
    }
  });
  flush();
  return folded;
}

const join = (run) => run.join(" ").replace(/ ([,.;:!?)])/g, "$1").replace(/([(]) /g, "$1");

/** The difference as runs of `{kind: "same" | "del" | "ins", text}`. */
export function difference(was, is) {
  return fold(walk(words(was), words(is))).map(({ kind, words: run }) => ({ kind, text: join(run) }));
}

/** Show a difference inside `element`, as text nodes. */
export function showDifference(element, was, is) {
  element.textContent = "";
  for (const { kind, text } of difference(was, is)) {
    const run = document.createElement(kind === "same" ? "span" : kind);
    run.textContent = text;
    if (element.lastChild && !/^[,.;:!?)]/.test(text)) element.append(" ");
    element.append(run);
  }
}

export const countWords = (text) => (text.match(/\S+/g) ?? []).length;
