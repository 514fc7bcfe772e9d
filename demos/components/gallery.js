// What moves in the browser: players, text fields that wait for a pause, titles of pages.
(() => {
  const seen = new Map(); // the step of every player by name, kept when a picture is made anew
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  let timer = null, playing = null;

  const apply = (root, k) => {
    const all = root.matches('[data-steps]') ? [root] : [];
    for (const node of [...all, ...root.querySelectorAll('[data-steps]')]) {
      const steps = node.parsed || (node.parsed = JSON.parse(node.dataset.steps));
      for (const [name, values] of Object.entries(steps)) {
        const value = values[Math.min(k, values.length - 1)];
        if (name === '#text') node.textContent = value;
        else if (name === '#html') node.innerHTML = value;
        else node.setAttribute(name, value);
      }
      const scroller = node.classList.contains('current') && node.closest('.scroll');
      if (scroller && scroller.scrollWidth > scroller.clientWidth) {
        const box = node.getBoundingClientRect(), frame = scroller.getBoundingClientRect();
        scroller.scrollLeft += box.left - frame.left - frame.width / 2;
      }
    }
  };

  // Parts with `data-at` are `now` at their step, and `later` before it.
  const reach = (root, k) => {
    for (const node of root.querySelectorAll('[data-at]')) {
      const at = Number(node.dataset.at);
      node.classList.toggle('now', at === k);
      node.classList.toggle('later', at > k);
      const text = at === k && node.closest('.mono');
      if (text) text.scrollTop = node.offsetTop - text.offsetTop - text.clientHeight / 2;
    }
  };

  const show = (name, k) => {
    seen.set(name, k);
    for (const root of document.querySelectorAll(`[data-follow="${name}"]`)) {
      apply(root, k);
      reach(root, k);
      if (!root.dataset.player) continue;
      root.querySelector('input[type=range]').value = k;
      root.querySelector('output').textContent = `${k + 1} / ${root.dataset.count}`;
    }
  };

  const pause = () => {
    clearInterval(timer);
    timer = playing = null;
    for (const button of document.querySelectorAll('.player [data-do=play]')) {
      button.textContent = '▶';
      button.setAttribute('aria-label', 'Play');
    }
  };

  const last = (root) => root.dataset.count - 1;
  const at = (root) => Math.min(seen.get(root.dataset.player) || 0, last(root));
  const go = (root, k) => show(root.dataset.player, Math.max(0, Math.min(last(root), k)));

  const play = (root) => {
    pause();
    const name = root.dataset.player;
    const now = () => document.querySelector(`[data-player="${name}"]`);
    if (at(root) === last(root)) go(root, 0);
    playing = name;
    const button = root.querySelector('[data-do=play]');
    button.textContent = '❚❚';
    button.setAttribute('aria-label', 'Pause');
    const wait = root.dataset.slow !== undefined ? 700 : Math.max(90, Math.min(300, 9000 / root.dataset.count));
    timer = setInterval(() => {
      const root = now();
      if (!root || at(root) >= last(root)) return pause();
      go(root, at(root) + 1);
    }, wait);
  };

  const begin = (root) => {
    root.ready = true;
    const name = root.dataset.player, touched = root.closest('[data-kept]') || seen.has(name);
    if (!touched) seen.set(name, Number(root.dataset.start));
    show(name, at(root));
    if (touched || root.dataset.play === undefined || calm.matches) return;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      if (playing && !document.querySelector(`[data-player="${playing}"]`)) pause();
      if (!playing && at(root) === Number(root.dataset.start)) go(root, 0), play(root);
    }, {threshold: 0.5}).observe(root);
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('.player [data-do]');
    if (!button) return;
    const root = button.closest('.player'), was = playing;
    pause();
    if (button.dataset.do === 'back') go(root, at(root) - 1);
    if (button.dataset.do === 'on') go(root, at(root) + 1);
    if (button.dataset.do === 'play' && was !== root.dataset.player) play(root);
  });
  document.addEventListener('click', async (event) => {
    const button = event.target.closest && event.target.closest('[data-copy]');
    if (!button) return;
    const text = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = 'Copied';
    } catch { // without a secure connection it is chosen, to be copied by hand
      getSelection().selectAllChildren(text);
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  document.addEventListener('input', (event) => {
    const root = event.target.closest && event.target.closest('.player');
    if (!root || event.target.type !== 'range') return;
    pause();
    go(root, Number(event.target.value));
  });
  document.addEventListener('keydown', (event) => {
    const root = event.target.closest && event.target.closest('.player');
    if (!root || event.target.closest('[data-item]')) return;
    const slider = event.target.type === 'range', button = event.target.tagName === 'BUTTON';
    const to = {ArrowLeft: at(root) - 1, ArrowRight: at(root) + 1, Home: 0, End: last(root)}[event.key];
    if (event.key === ' ' && !button) playing ? pause() : play(root);
    else if (to !== undefined && !slider) pause(), go(root, to);
    else return;
    event.preventDefault();
  });

  // Followers that stand before their player, and new pictures, are brought to the present step.
  const look = () => {
    for (const root of document.querySelectorAll('[data-follow]')) {
      if (root.ready) continue;
      if (root.dataset.player) begin(root);
      else if (seen.has(root.dataset.follow)) root.ready = true, show(root.dataset.follow, seen.get(root.dataset.follow));
    }
    const head = document.querySelector('.krl h1');
    const title = head && head.dataset.title;
    if (title && document.title !== title) document.title = title;
  };

  // A text field waits for a pause of 400 ms; an emptied number is not a number, and one beyond
  // its ends moves to the nearer of them.
  const waiting = new Map();
  const typed = (node) => node.matches && node.matches('textarea, input[type=text], input[type=number]');
  const flush = (node) => {
    clearTimeout(waiting.get(node));
    waiting.delete(node);
    if (node.type === 'number') {
      if (node.value === '' || !isFinite(node.value)) return;
      if (node.min !== '' && Number(node.value) < Number(node.min)) node.value = node.min;
      if (node.max !== '' && Number(node.value) > Number(node.max)) node.value = node.max;
    }
    const event = new Event('input', {bubbles: true});
    event.waited = true;
    node.dispatchEvent(event);
    if (node.type === 'number') node.dispatchEvent(new Event('change', {bubbles: true}));
  };
  window.addEventListener('input', (event) => {
    if (event.waited || !typed(event.target)) return;
    event.stopImmediatePropagation();
    const node = event.target;
    clearTimeout(waiting.get(node));
    waiting.set(node, setTimeout(() => flush(node), node.type === 'number' ? 600 : 400));
  }, true);
  const flushAll = () => [...waiting.keys()].forEach(flush);
  window.addEventListener('pointerdown', flushAll, true);
  window.addEventListener('keydown', (event) => event.key === 'Enter' && flushAll(), true);
  window.addEventListener('focusout', (event) => {
    const node = event.target;
    if (waiting.has(node)) flush(node);
    if (node.type === 'number' && node.value === '' && node.krl) node.value = node.krl;
  }, true);
  window.addEventListener('focusin', (event) => {
    if (event.target.type === 'number' && event.target.value !== '') event.target.krl = event.target.value;
  }, true);

  // A picture of the same shape is not made anew: its elements get other attributes.
  new MutationObserver((records) => {
    for (const {type, target} of records) {
      if (type !== 'attributes') continue;
      delete target.parsed;
      const root = target.closest('[data-follow]');
      if (root) root.ready = false;
    }
    look();
  }).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ['data-steps']});
  look();
})();
