"""Clicks on a picture, sent back to Python: for `js_on_load` of `gr.HTML`."""

# On a board of 500 units with margins of 20: `event.x` and `event.y` in [0, 1], y upwards.
ON_BOARD = """
element.addEventListener('click', (event) => {
  const svg = element.querySelector('svg');
  if (!svg) return;
  const box = svg.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width * 500 - 20) / 460;
  const y = (480 - (event.clientY - box.top) / box.height * 500) / 460;
  if (x >= 0 && x <= 1 && y >= 0 && y <= 1) trigger('click', {x: x, y: y});
});
"""

# On the first picture, whatever its size: `event.x` and `event.y` in [0, 1], y downwards.
ON_PICTURE = """
element.addEventListener('click', (event) => {
  const svg = element.querySelector('svg');
  if (!svg || !svg.contains(event.target)) return;
  const box = svg.getBoundingClientRect();
  trigger('click', {x: (event.clientX - box.left) / box.width,
                    y: (event.clientY - box.top) / box.height});
});
"""
