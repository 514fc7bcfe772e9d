// The veil over a result on its way: what is made, for how long, who is before, and how to stop.
// Gradio's own status of a component says when; its progress bar is named after what is made.
(() => {
  const AFTER = 300, LONG = 1000; // milliseconds: until it is seen, until it can be stopped
  let veil = null, since = 0, said = '', stopped = null;

  const busy = () => [...document.querySelectorAll('[data-testid=status-tracker]:not(.hide)')].find(
    (node) => node.parentElement.offsetParent && (node.matches('.generating') || node.querySelector('.progress-text')));

  const sentence = (node) => { // what streams keeps what was said before its first part
    const bar = node.querySelector('[role=progressbar]');
    const queue = /queue: (\d+)/.exec(node.textContent);
    if (queue) return `Another visitor is answered first; you are number ${queue[1]} in line`;
    return (bar && bar.getAttribute('aria-label')) || said || 'Computing';
  };

  const part = (tag, name, inside) => {
    const node = document.createElement(tag);
    node.className = name;
    inside.append(node);
    return node;
  };

  const raise = (node) => {
    const root = part('div', 'veil', node.parentElement), chip = part('div', 'chip', root);
    const words = part('span', 'words', chip), bar = part('span', 'bar', chip);
    root.setAttribute('role', 'status');
    veil = {root, chip, words, fill: part('i', '', bar), stop: null};
  };

  const stoppable = () => {
    veil.stop = part('button', '', veil.chip);
    veil.stop.type = 'button';
    veil.stop.textContent = 'Stop';
    veil.stop.addEventListener('click', () => {
      const all = document.querySelector('button.stop-all, .stop-all button');
      if (all) all.click();
      stopped = veil.root.parentElement;
    });
  };

  const fall = () => {
    veil.root.remove();
    veil = null;
    if (stopped) part('p', 'stopped', stopped).textContent = 'Stopped: this is as far as it came.';
    stopped = null;
  };

  const look = () => {
    const node = busy(), now = performance.now();
    if (!node) {
      since = 0;
      said = '';
      if (veil) fall();
      return;
    }
    since = since || now;
    said = sentence(node);
    document.querySelectorAll('.stopped').forEach((old) => old.remove());
    if (now - since < AFTER) return;
    if (veil && veil.root.parentElement !== node.parentElement) fall();
    if (!veil) raise(node);
    const about = /about (\d+) s/.exec(said);
    if (veil.words.textContent !== said) veil.words.textContent = said;
    veil.chip.classList.toggle('known', about !== null);
    if (about) veil.fill.style.animationDuration = `${about[1]}s`;
    if (now - since > LONG && !veil.stop) stoppable();
  };
  setInterval(look, 100);
})();
