// Draws the charts that a page describes, and keeps a live page up with the tables. Pages work without it, as tables.

const config = { displayModeBar: false, responsive: true };
const narrow = matchMedia("(max-width: 600px)");

// A colour in a chart is a name of the style sheet's.
function coloured(value, styles) {
  if (typeof value === "string" && value.startsWith("--")) return styles.getPropertyValue(value).trim();
  if (Array.isArray(value)) return value.map((each) => coloured(each, styles));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, coloured(each, styles)]));
  }
  return value;
}

// A long name is cut on the axis, and whole when it is pointed at.
function shortened(layout, traces) {
  const lying = traces.find((trace) => trace.orientation === "h");
  if (!lying || layout.yaxis.tickvals) return layout;
  const most = narrow.matches ? 18 : 30;
  const short = lying.y.map((name) => (String(name).length > most ? `${String(name).slice(0, most - 1)}…` : name));
  return { ...layout, yaxis: { ...layout.yaxis, tickvals: lying.y, ticktext: short } };
}

function layoutOf(spec, styles) {
  const text = styles.getPropertyValue("--soft").trim();
  const line = styles.getPropertyValue("--line").trim();
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { size: 11 } };
  const own = coloured(spec.layout, styles);
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, family: "system-ui, sans-serif", size: 12 },
    showlegend: false, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, hovermode: "closest", dragmode: false,
    ...own, height: spec.height,
    margin: { l: 44, r: 12, t: own.showlegend ? 28 : 8, b: 32, ...own.margin },
    xaxis: { ...axis, fixedrange: true, ...own.xaxis }, yaxis: { ...axis, fixedrange: true, ...own.yaxis },
  };
}

function draw(plot) {
  const styles = getComputedStyle(document.documentElement);
  const spec = JSON.parse(document.getElementById(plot.dataset.chart).textContent);
  Plotly.newPlot(plot, coloured(spec.traces, styles), shortened(layoutOf(spec, styles), spec.traces), config).then(() => {
    plot.on("plotly_click", (event) => {
      const to = event.points[0].customdata;
      if (typeof to === "string" && to.startsWith("/")) location.assign(to);
    });
  });
}

// On a phone most charts are below the edge of the screen: they are drawn when they come into sight.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }
}, { rootMargin: "300px" });

function drawAll() {
  for (const plot of document.querySelectorAll(".plot")) {
    plot.style.minHeight = `${plot.dataset.height}px`;
    seen.observe(plot);
  }
}

async function renew() {
  const main = document.getElementById("main");
  // Whoever types or reads a table is not disturbed.
  if (main.contains(document.activeElement) && document.activeElement !== main) return;
  const answer = await fetch(location.href, { headers: { "X-Fragment": "main" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  const open = [...main.querySelectorAll("details[open]")].map((each) => each.id);
  main.replaceWith(fresh);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  drawAll();
  document.getElementById("said").textContent = "Updated";
}

function follow() {
  let known = null;
  let polling = null;
  const source = new EventSource("/events");
  source.addEventListener("change", (event) => {
    if (known !== null && known !== event.data) renew();
    known = event.data;
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED && !polling) polling = setInterval(renew, 5000);
  });
  // While the stream stands still nothing changes but how old the numbers are, and what waits in Kafka.
  setInterval(renew, 15000);
}

drawAll();
if (document.querySelector("main[data-live]")) follow();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
narrow.addEventListener("change", drawAll);
