// Everything on a page whose colour is too near to what lies behind it: [[what, ratio], ...].
() => {
  const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = 'transparent';
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], below, opacity = 1) =>
    [r, g, b].map((v, k) => v * a * opacity + below[k] * (1 - a * opacity));
  const light = (colour) => colour.slice(0, 3).reduce((sum, v, k) => {
    const c = v / 255;
    return sum + [0.2126, 0.7152, 0.0722][k] * (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  }, 0);
  const ratio = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };
  const up = (node) => (node ? [node, ...up(node.parentElement)] : []);
  const inherited = (first, next) => { // found from the outside inwards, once for every element
    const all = new Map();
    const at = (node) => {
      if (!node) return first;
      if (!all.has(node)) all.set(node, next(getComputedStyle(node), at(node.parentElement)));
      return all.get(node);
    };
    return at;
  };
  const opacity = inherited(1, (style, outside) => outside * style.opacity);
  // What lies behind an element: the backgrounds of all around it.
  const paper = inherited([255, 255, 255], (style, outside) => over(rgba(style.backgroundColor), outside));
  const behind = (text, svg) => { // and behind words in a picture: shapes drawn before them
    const box = text.getBoundingClientRect();
    let colour = paper(svg);
    for (const shape of svg.querySelectorAll('rect, circle, ellipse, path, polygon, image')) {
      if (shape.compareDocumentPosition(text) & 2) break;
      const around = shape.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
      if (x < around.left || x > around.right || y < around.top || y > around.bottom) continue;
      if (shape.tagName === 'image') return null; // its pixels are not looked at
      const style = getComputedStyle(shape), matrix = shape.getScreenCTM();
      if (style.fill === 'none' || style.visibility === 'hidden' || !matrix) continue;
      const point = new DOMPoint(x, y).matrixTransform(matrix.inverse());
      if (style.fill.startsWith('url') || !shape.isPointInFill(point)) continue;
      colour = over(rgba(style.fill), colour, style.fillOpacity * opacity(shape));
    }
    return colour;
  };
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && node.checkVisibility({visibilityProperty: true, opacityProperty: true});
  };

  const found = [];
  const note = (node, what, least, value) => {
    if (value < least - 0.005) found.push([`${what} in ${node.tagName}.${node.getAttribute('class')}`, value]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (!words || !seen(node) || node.closest('script, style, title, [inert], [disabled], .later')) continue;
    const style = getComputedStyle(node), svg = node.closest('svg');
    const back = svg ? behind(node, svg) : paper(node);
    const ink = rgba(svg ? style.fill : style.color);
    if (back) note(node, words.slice(0, 40), 4.5, ratio(over(ink, back, opacity(node) * (svg ? style.fillOpacity : 1)), back));
  }
  const wordless = 'input:not([type=range], [type=file]), textarea, select, button';
  for (const node of document.querySelectorAll(wordless)) {
    if (!seen(node) || (node.tagName === 'BUTTON' && node.innerText.trim()) || node.closest('[disabled]')) continue;
    const icon = node.tagName === 'BUTTON' ? ratio(rgba(getComputedStyle(node).color), paper(node)) : 0;
    const wide = (n) => n.getBoundingClientRect().width, frames = up(node).slice(0, 5);
    const edges = frames.filter((n) => wide(n) - wide(node) < 60).map((n) => { // or a frame close by
      const style = getComputedStyle(n), outside = paper(n.parentElement);
      const edge = parseFloat(style.borderTopWidth) ? over(rgba(style.borderTopColor), outside) : outside;
      return Math.max(ratio(edge, outside), ratio(paper(n), outside));
    });
    note(node, node.ariaLabel || node.type, 3, Math.max(icon, ...edges));
  }
  return found;
}
