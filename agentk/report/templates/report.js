"use strict";
// Shows an attempt on a click. Everything from the run goes into the page as text, never as markup.
(() => {
  const $ = (id) => document.getElementById(id);
  let data, byNumber, chosen = null, tab = "code";

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "onclick") node.addEventListener("click", value); else node.setAttribute(name, value);
    }
    for (const child of children) if (child !== null && child !== undefined && child !== "") node.append(child);
    return node;
  }

  const TOKEN = /("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(#[^\n]*)|\b(False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b|\b(\d[\d_.]*(?:e[+-]?\d+)?)\b/g;
  function highlighted(text) {
    const pre = make("pre", {});
    let from = 0;
    for (const match of text.matchAll(TOKEN)) {
      pre.append(text.slice(from, match.index));
      const kind = match[1] ? "str" : match[2] ? "com" : match[3] ? "kw" : "num";
      pre.append(make("span", { class: kind }, match[0]));
      from = match.index + match[0].length;
    }
    pre.append(text.slice(from));
    return pre;
  }

  // Lines of both texts in order, marked as kept, removed or added; the longest common part is kept.
  function difference(before, after) {
    const a = before.split("\n"), b = after.split("\n");
    let start = 0, end = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    const x = a.slice(start, a.length - end), y = b.slice(start, b.length - end);
    const middle = [];
    if (x.length * y.length > 4e6) {
      x.forEach((line) => middle.push(["-", line])); y.forEach((line) => middle.push(["+", line]));
    } else {
      const width = y.length + 1, table = new Uint32Array((x.length + 1) * width);
      for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--)
        table[i * width + j] = x[i] === y[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      let i = 0, j = 0;
      while (i < x.length || j < y.length) {
        if (i < x.length && j < y.length && x[i] === y[j]) { middle.push([" ", x[i]]); i++; j++; }
        else if (i < x.length && (j >= y.length || table[(i + 1) * width + j] >= table[i * width + j + 1])) middle.push(["-", x[i++]]);
        else middle.push(["+", y[j++]]);
      }
    }
    return [...a.slice(0, start).map((line) => [" ", line]), ...middle, ...a.slice(a.length - end).map((line) => [" ", line])];
  }

  function changes(before, after) {
    const lines = difference(before, after), pre = make("pre", {}), near = new Set();
    lines.forEach(([mark], at) => { if (mark !== " ") for (let k = -3; k <= 3; k++) near.add(at + k); });
    let hidden = 0;
    const flush = () => { if (hidden) pre.append(make("span", { class: "gap" }, `… ${hidden} lines as before`)); hidden = 0; };
    lines.forEach(([mark, line], at) => {
      if (!near.has(at)) { hidden++; return; }
      flush();
      pre.append(mark === " " ? `  ${line}\n` : make("span", { class: mark === "+" ? "add" : "del" }, `${mark} ${line}`));
    });
    flush();
    return pre;
  }

  const link = (number) => make("a", { href: `#attempt-${number}`, "data-attempt": number }, `#${number}`);

  function facts(rows) {
    const list = make("dl", { class: "facts" });
    for (const [name, value] of rows) if (value) list.append(make("dt", {}, name), make("dd", {}, value));
    return list;
  }

  function table(head, rows) {
    return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head.map((name) => make("th", {}, name)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell)))))));
  }

  function tabsOf(one) {
    const found = {};
    const source = data.sources[one.source];
    const parent = byNumber.get(one.parent);
    if (one.weights.length) found.members = () => table(["member", "weight", "what it is", "score"], one.weights.map(([member, weight]) => {
      const part = byNumber.get(member);
      return [link(member), String(weight), part ? part.title.replace(/^#\d+ /, "") : "", part ? part.score : ""];
    }));
    if (source) found.code = () => highlighted(source);
    else for (const [number] of one.weights) {  // a blend has no program of its own: those of its members stand here, each once
      const member = byNumber.get(number), text = data.sources[member && member.source];
      if (text && !Object.values(found).some((shown) => shown.text === text)) {
        found[`#${number} ${member.name.slice(0, 24)}`] = Object.assign(() => highlighted(text), { text });
      }
    }
    if (source && parent && data.sources[parent.source]) {
      found.diff = () => one.source === parent.source
        ? make("p", { class: "under" }, "The program is its parent's; only parameters differ.") : changes(data.sources[parent.source], source);
    }
    if (one.params) found.parameters = () => one.moved.length ? table(["parameter", "value", "default"], one.moved)
      : make("p", { class: "under" }, "Every parameter is at its default.");
    if (one.lessons.length) found.lessons = () => table(["lesson", "why it came to mind"], one.lessons);
    if (one.log) found.log = () => make("pre", {}, one.log);
    return found;
  }

  function show(number, keep) {
    const one = byNumber.get(number), pane = $("detail");
    if (!one || !pane) return;
    if (!keep) chosen = number;
    document.querySelectorAll("#attempts li").forEach((row) => row.classList.toggle("on", Number(row.dataset.attempt) === number));
    const tabs = tabsOf(one), body = make("div", {}), bar = make("div", { class: "tabs", role: "tablist" });
    const open = (name) => {
      bar.querySelectorAll("button").forEach((button) => button.setAttribute("aria-selected", String(button.dataset.tab === name)));
      body.replaceChildren(tabs[name]());
    };
    for (const name of Object.keys(tabs)) bar.append(make("button", { type: "button", role: "tab", "data-tab": name, onclick: () => { tab = name; open(name); } }, name === "diff" ? "diff to parent" : name));
    pane.replaceChildren(
      make("h3", {}, `${one.number === data.best ? "★ " : ""}${one.title}`),
      facts([
        ["score", one.score && `${one.score}${one.std ? ` ± ${one.std} over folds` : ""}`],
        ["outcome", one.score ? "" : `${one.status}: ${one.reason}`],
        ["idea", one.idea], ["from", one.origin], ["parent", one.parent !== null ? link(one.parent) : ""],
        ["combined by", one.method],
        ["gain", one.gain && make("span", {}, `${one.gain} over `, link(one.gainTo), ", paired over folds")],
        ["choice", one.verdict], ["conclusion", one.note && `${one.note} (${one.giver})`],
        ["folds", one.folds.join("  ")], ["trials", one.trials ? String(one.trials) : ""], ["slot time", one.seconds],
      ]), bar, body);
    const wanted = one.score || !tabs.log ? tab : "log", first = tabs[wanted] ? wanted : Object.keys(tabs)[0];
    if (first) open(first);
    if (!keep) {
      history.replaceState(null, "", `#attempt-${number}`);
      if (matchMedia("(max-width:820px)").matches) pane.scrollIntoView({ block: "start" });
    }
  }

  function arrange() {
    const list = $("attempts");
    if (!list) return;
    const filter = $("filter").value, order = $("order").value, up = list.closest("[data-up]") !== null;
    const rows = [...list.children];
    const place = { tree: (row) => Number(row.dataset.place), time: (row) => Number(row.dataset.attempt),
      score: (row) => row.dataset.score === "" ? Infinity : Number(row.dataset.score) * (up ? -1 : 1) }[order];
    rows.sort((one, other) => place(one) - place(other) || one.dataset.place - other.dataset.place);
    list.replaceChildren(...rows);
    list.classList.toggle("flat", order !== "tree");
    for (const row of rows) {
      const lost = row.classList.contains("lost");
      row.hidden = filter === "scored" ? lost : filter === "lost" ? !lost : filter === "chosen" ? !row.classList.contains("chosen") : false;
    }
  }

  function begin() {
    data = JSON.parse($("data").textContent);
    byNumber = new Map(data.attempts.map((one) => [one.number, one]));
    for (const id of ["filter", "order"]) if ($(id)) $(id).addEventListener("change", arrange);
    const asked = Number((location.hash.match(/^#attempt-(\d+)$/) || [])[1]);
    const last = data.attempts.length ? data.attempts[data.attempts.length - 1].number : null;
    const first = byNumber.has(chosen) ? chosen : asked || data.best || last;
    if (byNumber.has(first)) show(first, true);
  }

  function pick(event) {
    const at = event.target.closest("[data-attempt]");
    if (!at || (event.type === "keydown" && event.key !== "Enter")) return;
    event.preventDefault();
    show(Number(at.dataset.attempt), false);
    const row = $(`attempt-${at.dataset.attempt}`);
    if (row && !at.closest("#attempts")) row.scrollIntoView({ block: "nearest" });
    if (!at.closest("#tree") && $("tree")) $("tree").scrollIntoView();
  }

  // A live page asks whether there is news, and takes over the new page's contents; what is chosen stays chosen.
  async function follow(seen) {
    const pulse = $("pulse");
    try {
      const news = await (await fetch("state", { cache: "no-store" })).json();
      pulse.textContent = news.ended ? "ended" : "live"; pulse.className = "";
      if (seen !== null && news.version !== seen) {
        const page = new DOMParser().parseFromString(await (await fetch("", { cache: "no-store" })).text(), "text/html");
        const keep = ["filter", "order"].map((id) => [id, $(id) && $(id).value]), list = $("attempts"), high = list ? list.parentElement.querySelector("ol").scrollTop : 0;
        document.querySelector("main").replaceWith(page.querySelector("main"));
        $("data").textContent = page.getElementById("data").textContent;
        for (const [id, value] of keep) if ($(id) && value) $(id).value = value;
        begin(); arrange();
        if ($("attempts")) $("attempts").scrollTop = high;
      }
      seen = news.version;
    } catch (error) { pulse.textContent = "out of touch"; pulse.className = "lost"; }
    setTimeout(() => follow(seen), 1500);
  }

  $("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  document.addEventListener("click", pick);
  document.addEventListener("keydown", pick);
  begin();
  if ("live" in document.body.dataset) follow(null);
})();
