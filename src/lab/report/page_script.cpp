#include "lab/report/page_assets.h"

namespace manabi::lab::report {

std::string_view page_script() {
  return R"js(
(() => {
  const tip = document.body.appendChild(document.createElement('div'));
  tip.className = 'tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  const add = (parent, tag, text) => {
    const node = parent.appendChild(document.createElement(tag));
    node.textContent = text;
    return node;
  };
  const fill = (heading, points) => {
    tip.replaceChildren();
    add(tip, 'b', heading);
    const grid = tip.appendChild(document.createElement('div'));
    for (const point of points) {
      const name = grid.appendChild(document.createElement('u'));
      name.className = point.parentNode.getAttribute('class');
      add(name, 'span', point.dataset.series);
      add(grid, 'span', point.dataset.value);
      add(grid, 'i', point.dataset.n);
    }
  };
  const place = (x, y) => {
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const right = x + 18 + box.width > innerWidth ? x - 18 - box.width : x + 18;
    tip.style.left = Math.max(6, Math.min(right, innerWidth - box.width - 6)) + 'px';
    tip.style.top = Math.max(6, Math.min(y - box.height / 2, innerHeight - box.height - 6)) + 'px';
  };
  for (const plot of document.querySelectorAll('svg.plot[role=img]')) {
    const points = [...plot.querySelectorAll('.point')];
    if (!points.length) continue;
    const title = plot.querySelector('title');
    plot.setAttribute('aria-label', title.textContent);
    plot.removeAttribute('aria-labelledby');
    plot.setAttribute('aria-describedby', plot.querySelector('desc').id);
    for (const native of plot.querySelectorAll('title')) native.remove();
    const axis = plot.dataset.axis ? plot.dataset.axis + ': ' : '';
    const show = chosen => points.forEach(point => point.classList.toggle('lit', chosen.includes(point)));
    const leave = () => { tip.hidden = true; show([]); };
    plot.addEventListener('pointermove', event => {
      let nearest = null, least = Infinity;
      for (const point of points) {
        const box = point.getBoundingClientRect();
        const distance = Math.abs(box.left + box.width / 2 - event.clientX);
        if (distance < least) [nearest, least] = [point, distance];
      }
      if (least > 60) { leave(); return; }
      const column = points.filter(point => point.dataset.x === nearest.dataset.x);
      show(column);
      fill(axis + nearest.dataset.x, column);
      place(event.clientX, event.clientY);
    });
    plot.addEventListener('pointerleave', leave);
  }
  const links = new Map([...document.querySelectorAll('nav a')].map(link => [link.hash.slice(1), link]));
  const mark = () => {
    let current = null;
    for (const id of links.keys()) {
      if (document.getElementById(id).getBoundingClientRect().top < innerHeight * 0.3) current = id;
    }
    for (const [id, link] of links) {
      if (id === current) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };
  if (links.size) { addEventListener('scroll', mark, {passive: true}); mark(); }
})();
)js";
}

}  // namespace manabi::lab::report
