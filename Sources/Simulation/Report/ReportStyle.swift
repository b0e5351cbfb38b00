/// The report's style sheet.
///
/// Blue and orange stay apart for every kind of colour blindness, and text keeps a contrast of at least 4.5
/// on both papers.
enum ReportStyle {
  static let sheet: StaticString = """
    :root {
      color-scheme: light dark;
      --paper: #fdfdfb; --ink: #1a1d21; --soft: #565e66; --rule: #dfe2e3; --axis: #8b939a;
      --honest: #0a5c9e; --honest-too: #2473a9; --hostile: #b8430a; --clean: #5f666d;
      --author: #6a4fa3; --validators: #0a7259; --mark: #ffffff;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --paper: #14171a; --ink: #e9ebed; --soft: #a7afb6; --rule: #2f353b; --axis: #6d757d;
        --honest: #5cabf2; --honest-too: #9bcdf3; --hostile: #ff8c52; --clean: #a7afb6;
        --author: #b9a6ec; --validators: #4cc4a2; --mark: #14171a;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 3rem 1.5rem 4rem; max-width: 55rem; box-sizing: content-box;
      background: var(--paper); color: var(--ink);
      font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: break-word;
    }
    h1 {
      font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em;
      margin: 0.2rem 0 0.8rem;
    }
    h2 { font-size: 1.2rem; font-weight: 650; margin: 0 0 0.3rem; letter-spacing: -0.005em; }
    p { margin: 0 0 0.8rem; max-width: 44rem; }
    .eyebrow {
      color: var(--soft); font-size: 0.85rem; letter-spacing: 0.08em; text-transform: uppercase; margin: 0;
    }
    .lead { font-size: 1.08rem; }
    .note, figcaption, .meta { color: var(--soft); font-size: 0.92rem; }
    section { margin-top: 3.2rem; }
    figure { margin: 1rem 0 0; }
    figcaption { margin-top: 0.6rem; max-width: 44rem; }
    code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    .headlines {
      display: grid; grid-template-columns: repeat(4, 1fr); gap: 1.6rem; margin: 2.2rem 0 0; padding: 0;
    }
    .headline { border-top: 2px solid var(--ink); padding-top: 0.6rem; }
    .headline dt { font-size: 0.9rem; line-height: 1.35; min-height: 2.5rem; }
    .headline .figure {
      margin: 0.1rem 0 0.35rem; font-size: 2.5rem; line-height: 1.1; font-weight: 650;
      letter-spacing: -0.03em;
    }
    .headline .context { margin: 0; color: var(--soft); font-size: 0.85rem; line-height: 1.4; }
    .scroll { overflow-x: auto; margin-top: 1rem; }
    table { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
    th { font-weight: 600; text-align: left; vertical-align: bottom; }
    thead th {
      color: var(--soft); font-size: 0.85rem; font-weight: 500; border-bottom: 1px solid var(--axis);
    }
    th, td { padding: 0.36rem 0.7rem; vertical-align: top; }
    th:first-child, td:first-child { padding-left: 0; }
    th:last-child, td:last-child { padding-right: 0; }
    tbody tr + tr > * { border-top: 1px solid var(--rule); }
    tbody tr.total > * { border-top: 1px solid var(--axis); }
    tbody tr.total + tr.total > * { border-top: 1px solid var(--rule); }
    .number { text-align: right; white-space: nowrap; }
    .name { white-space: nowrap; font-weight: 500; }
    details { margin-top: 1.2rem; }
    summary { cursor: pointer; color: var(--soft); }
    .keys {
      display: flex; flex-wrap: wrap; gap: 0.25rem 1.4rem; margin: 0.8rem 0 0; padding: 0;
      list-style: none; color: var(--soft); font-size: 0.9rem;
    }
    .swatch {
      display: inline-block; min-width: 1.2em; padding: 0 0.25em; margin-right: 0.4em; text-align: center;
      font-size: 0.8em; font-weight: 650; line-height: 1.45; border: 1px solid var(--axis);
    }
    .swatch.rejected { background: var(--hostile); color: var(--mark); border-color: var(--hostile); }
    .swatch.full { background: var(--honest); border-color: var(--honest); }
    footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
    svg { display: block; width: 100%; height: auto; overflow: visible; }
    svg text { font-size: 13px; fill: var(--ink); }
    svg .tick { font-size: 12px; fill: var(--soft); }
    svg .value { font-size: 15px; font-weight: 650; }
    svg .label { font-weight: 500; }
    svg .mark { font-size: 11px; font-weight: 700; fill: var(--mark); pointer-events: none; }
    svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
    .grid { stroke: var(--rule); } .axis { stroke: var(--axis); }
    .curve { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
    .curve.honest { stroke-width: 2.75; }
    .leader { fill: none; stroke-width: 1; stroke-opacity: 0.45; }
    .curve.honest, .leader.honest { stroke: var(--honest); }
    .curve.honest-too, .leader.honest-too { stroke: var(--honest-too); }
    .curve.hostile, .leader.hostile { stroke: var(--hostile); }
    .curve.clean, .leader.clean { stroke: var(--clean); }
    .curve.author, .leader.author { stroke: var(--author); }
    .curve.validators, .leader.validators { stroke: var(--validators); }
    .fill, .dot { fill: var(--soft); } .ribbon { fill: var(--soft); fill-opacity: 0.32; }
    .node { fill: var(--ink); } .dense { fill: var(--rule); stroke: var(--axis); }
    .trust { fill: var(--honest); } .rejected { fill: var(--hostile); }
    .cell-edge { fill: none; stroke: var(--rule); pointer-events: none; }
    .honest:is(text, path, rect, circle):not(.curve, .leader) { fill: var(--honest); }
    .honest-too:is(text, path, rect, circle):not(.curve, .leader) { fill: var(--honest-too); }
    .hostile:is(text, path, rect, circle):not(.curve, .leader) { fill: var(--hostile); }
    .clean:is(text, circle) { fill: var(--clean); }
    .author:is(text, path, rect, circle):not(.curve, .leader) { fill: var(--author); }
    .validators:is(text, path, rect, circle):not(.curve, .leader) { fill: var(--validators); }
    td.honest, th.honest { color: var(--honest); } td.honest-too, th.honest-too { color: var(--honest-too); }
    td.hostile, th.hostile { color: var(--hostile); }
    svg.narrow { display: none; }
    @media (max-width: 40rem) {
      body { padding: 1.6rem 1.1rem 3rem; }
      h1 { font-size: 1.6rem; }
      section { margin-top: 2.6rem; }
      .headlines { grid-template-columns: repeat(2, 1fr); gap: 1.3rem 1rem; }
      .headline .figure { font-size: 1.9rem; }
      th, td { padding: 0.32rem 0.45rem; }
      .receipts thead { display: none; }
      .receipts tr { display: block; }
      .receipts th, .receipts td { display: inline-block; padding-left: 0; border: 0; }
      .receipts td:last-child { display: block; }
      .receipts tr + tr { border-top: 1px solid var(--rule); }
      .receipts tr + tr > * { border: 0; }
      svg.wide { display: none; }
      svg.narrow { display: block; }
    }
    @media print {
      :root { color-scheme: light; }
      body { padding: 0; max-width: none; font-size: 10pt; print-color-adjust: exact; }
      section { margin-top: 1.6rem; }
      figure, tr, .headline { break-inside: avoid; }
      h2 { break-after: avoid; }
      .scroll { overflow: visible; }
    }
    """
}
