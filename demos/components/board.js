// One board, or one picture: `trigger('click', {acts: [{x, y, item}, ...]})`, see board.py.
let held = null, left = null, kept = null, keyed = null, cross = [0.5, 0.5], sent = 0;
const svgOf = (node) => (node && node.closest ? node.closest('svg.touch') : null);
const board = () => element.querySelector('svg.touch');
const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

const place = (svg, event) => { // in units of the picture
  const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
  return [(event.clientX - box.left) / box.width * view.width,
          (event.clientY - box.top) / box.height * view.height];
};
// While an answer is on its way Gradio keeps one question back, and asks it with the data of the
// first: so all questions are one object, which tells what was done since it was last sent.
const acts = [], question = {toJSON: () => ({acts: acts.splice(0)})};
const tell = (act) => {
  const last = acts[acts.length - 1];
  if (last && 'item' in act && last.item === act.item && 'x' in act && 'x' in last) acts.pop();
  acts.push(act);
  trigger('click', question);
};
const send = (svg, at, item) => {
  const [left, right, low, high] = svg.dataset.ends.split(' ').map(Number);
  const view = svg.viewBox.baseVal, margin = svg.dataset.margin === undefined ? 20 : Number(svg.dataset.margin);
  const share = (v, size) => Math.min(1, Math.max(0, (v - margin) / (size - 2 * margin)));
  tell({
    x: left + (right - left) * share(at[0], view.width),
    y: high + (low - high) * share(at[1], view.height),
    ...(item === undefined ? {} : {item: item}),
  });
};
const where = (g) => g.getAttribute('transform').match(/-?[\d.]+/g).map(Number);
const put = (g, at) => {
  const to = `translate(${at[0]} ${at[1]})`;
  if (g.getAttribute('transform') !== to) g.setAttribute('transform', to);
};
const middle = (svg) => [cross[0] * svg.viewBox.baseVal.width, cross[1] * svg.viewBox.baseVal.height];
// Of things that lie over each other, the one whose middle is nearest.
const under = (svg, event) => {
  const at = place(svg, event), far = (g) => Math.hypot(where(g)[0] - at[0], where(g)[1] - at[1]);
  const all = document.elementsFromPoint(event.clientX, event.clientY).map((n) => n.closest('[data-item]'));
  return all.filter((g) => g && svg.contains(g)).sort((a, b) => far(a) - far(b))[0];
};
const find = (item) => element.querySelector(`[data-item="${CSS.escape(item)}"]`);

element.addEventListener('pointerdown', (event) => {
  const svg = svgOf(event.target);
  if (!svg || event.button || !event.isPrimary) return;
  const g = under(svg, event);
  const from = place(svg, event);
  // An outline is held by its line: its middle stays as far from the hand as it was.
  const grip = g ? where(g).map((v, k) => v - from[k]) : [0, 0];
  held = {item: g && g.dataset.item, from: from, grip: grip, moved: false, at: null, passed: []};
  if (!g) return;
  event.preventDefault();
  g.focus();
});
// A page scrolls under a finger that drags: `touch-action` of what is in a picture is not kept to.
element.addEventListener('touchmove', (event) => {
  if (held && held.item && event.cancelable) event.preventDefault();
}, {passive: false});
window.addEventListener('pointermove', (event) => {
  const svg = board();
  if (!held || !svg || !event.isPrimary) return;
  const at = place(svg, event);
  if (Math.hypot(at[0] - held.from[0], at[1] - held.from[1]) > 6) held.moved = true;
  const paints = !held.item && svg.dataset.margin !== undefined;
  if (!held.moved || !(held.item || paints)) return;
  held.at = at.map((v, k) => v + held.grip[k]);
  const g = held.item && find(held.item);
  if (g) put(g, held.at);
  if (Date.now() - sent > 150) { // the answer follows the hand
    sent = Date.now();
    held.passed.push(held.at);
    send(svg, held.at, held.item || undefined);
  }
});
window.addEventListener('pointerup', (event) => {
  if (!event.isPrimary) return;
  const svg = board(), was = held;
  held = null;
  if (!was || !svg) return;
  if (was.item && was.moved) left = was, send(svg, was.at, was.item);
  else if (!was.item && !was.moved && (svg.hasAttribute('tabindex') || svg.dataset.margin !== undefined))
    send(svg, place(svg, event));
});
window.addEventListener('pointercancel', () => { held = null; });
for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, () => { left = null; }, true);
element.addEventListener('dblclick', (event) => {
  const svg = svgOf(event.target), g = svg && under(svg, event);
  if (g) tell({item: g.dataset.item});
});
element.addEventListener('keydown', (event) => {
  const svg = svgOf(event.target), g = event.target.closest('[data-item]');
  if (!svg) return;
  const step = arrows[event.key], far = event.shiftKey ? 60 : 15;
  if (g && event.key === 'Enter') tell({item: g.dataset.item});
  else if (g && step) {
    kept = g.dataset.item;
    // From where the last key put it: an answer that comes late shows an older place.
    const going = keyed && keyed.item === kept && Date.now() - keyed.time < 3000;
    const [x, y] = going ? keyed.at : where(g), at = [x + far * step[0], y + far * step[1]];
    keyed = {item: kept, at: at, time: Date.now()};
    put(g, at);
    send(svg, at, kept);
  } else if (svg.querySelector('.cross') && (step || event.key === 'Enter')) {
    const size = (svg.dataset.step || '0.03 0.03').split(' ').map(Number), much = event.shiftKey ? 4 : 1;
    if (step) cross = cross.map((v, k) => Math.min(0.999, Math.max(0.001, v + much * size[k] * step[k])));
    else send(svg, middle(svg));
    kept = '';
    put(svg.querySelector('.cross'), middle(svg));
  } else return;
  event.preventDefault();
});
// A new picture: what was held or focused stays so, and what was let go stays where it was left:
// an answer that comes late shows it on its way there.
new MutationObserver(() => {
  const svg = board();
  if (!svg) return;
  if (held && held.item && held.at && find(held.item)) put(find(held.item), held.at);
  const g = left && find(left.item);
  const late = (at) => Math.hypot(where(g)[0] - at[0], where(g)[1] - at[1]) < 5;
  if (g && left.passed.some(late)) put(g, left.at);
  if (svg.querySelector('.cross')) put(svg.querySelector('.cross'), middle(svg));
  const lost = document.activeElement === document.body || element.contains(document.activeElement);
  if (kept === null || !lost) return;
  const target = kept === '' ? svg : find(kept);
  if (target && document.activeElement !== target) target.focus({preventScroll: true});
}).observe(element, {childList: true, subtree: true, attributes: true, attributeFilter: ['transform']});
element.addEventListener('focusout', (event) => { if (event.relatedTarget) kept = null; });
element.dataset.ready = ''; // a click before this is lost
