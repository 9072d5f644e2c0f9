(() => {
  const name = el => {
    const id = el.id ? '#' + el.id : '';
    const cls = el.classList.length ? '.' + [...el.classList].join('.') : '';
    const text = (el.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 30);
    return el.tagName.toLowerCase() + id + cls + (el.name ? `[name=${el.name}]` : '') + (text ? ` "${text}"` : '');
  };
  const visible = el => el.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  const width = document.documentElement.clientWidth;
  // Something inside a box that scrolls by itself does not widen the page.
  const scrolls = el => {
    for (let p = el.parentElement; p; p = p.parentElement)
      if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX) && p !== document.body && p !== document.documentElement) return true;
    return false;
  };
  const edge = el => {
    const box = el.getBoundingClientRect();
    return getComputedStyle(el).overflowX === 'visible' ? Math.max(box.right, box.left + el.scrollWidth) : box.right;
  };
  const tooWide = [...document.body.querySelectorAll('*')]
    .filter(el => visible(el) && edge(el) > width + 1 && !scrolls(el));

  const labelled = el =>
    el.labels?.length || el.getAttribute('aria-label')?.trim() || el.title?.trim() ||
    (el.getAttribute('aria-labelledby') || '').split(/\s+/).some(id => id && document.getElementById(id)) ||
    (/^(submit|reset|button)$/.test(el.type) && (el.value || el.textContent).trim());
  const unlabelled = [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
    .filter(el => visible(el) && !labelled(el));

  // Colours as the canvas resolves them, whatever their notation; drawing one
  // over another does the blending.
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const paint = colours => {
    pen.clearRect(0, 0, 1, 1);
    for (const c of colours) { pen.fillStyle = c; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = rgb => rgb
    .map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  // null where a picture lies behind the text: it cannot be judged from styles.
  const ground = el => {
    const layers = [];
    for (let p = el; p; p = p.parentElement) {
      const s = getComputedStyle(p);
      if (s.backgroundImage !== 'none') return null;
      layers.unshift(s.backgroundColor);
    }
    return ['#fff', ...layers];
  };
  const contrast = el => {
    const under = ground(el);
    if (!under) return Infinity;
    const [a, b] = [luminance(paint([...under, getComputedStyle(el).color])), luminance(paint(under))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const asked = new Set();
  while (texts.nextNode()) {
    const el = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || asked.has(el)) continue;
    asked.add(el);
    if (el.closest('script,style,noscript,svg,option,:disabled') || !visible(el)) continue;
    const style = getComputedStyle(el), size = parseFloat(style.fontSize);
    const enough = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = contrast(el);
    if (ratio < enough - 0.005) faint.push(`${name(el)} ${ratio.toFixed(2)}:1`);
  }

  return {
    title: document.title,
    language: document.documentElement.lang,
    headings: document.querySelectorAll('h1').length,
    text: document.body.innerText,
    overflow: Math.max(0, document.documentElement.scrollWidth - width),
    tooWide: tooWide.slice(0, 5).map(name),
    unlabelled: unlabelled.map(name),
    faint: faint.slice(0, 10),
    heads: [...document.querySelectorAll('table thead')].filter(visible)
      .map(h => (h.querySelector('th,td')?.textContent || '').trim().replace(/\s+/g, ' ')),
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  };
})()
