namespace NanoAttention.Tutorials;

/// <summary>The style and script of a <see cref="Page"/>.</summary>
static class PageAssets
{
    public const string Style = """
        :root { color-scheme: light dark; --ink: #1f2933; --muted: #616e7c; --paper: #f7f9fb; --card: #fff; --line: #d9dee3; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e4e7eb; --muted: #9aa5b1; --paper: #151b22; --card: #1f2731; --line: #364252; }
        }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Arial,
            "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
        }
        main { max-width: 760px; margin: 0 auto; padding: 24px 20px 64px; }
        h1 { font-size: 28px; line-height: 1.25; margin: 16px 0 8px; }
        h2 { font-size: 20px; margin: 36px 0 8px; }
        figure { margin: 18px 0; }
        figure svg { display: block; }
        pre {
          background: var(--card); border: 1px solid var(--line); border-radius: 8px;
          padding: 12px 14px; white-space: pre-wrap; font-size: 14px;
        }
        .line { margin: 4px 0; font-size: 17px; }
        .line b { display: inline-block; width: 64px; color: var(--muted); font-size: 13px; font-weight: 400; }
        .line span {
          display: inline-block; min-width: 13px; padding: 2px 3px; margin: 1px; text-align: center;
          border-radius: 4px; background: var(--card); border: 1px solid var(--line);
        }
        .output span { cursor: default; }
        .output span.on, .output span:focus-visible { outline: 2px solid #0072B2; }
        .row.on text { font-weight: 700; }
        .attention.looking .row:not(.on) { opacity: .35; }
        """;

    public const string Script = """
        for (const figure of document.querySelectorAll('.attention')) {
          const weights = figure.dataset.weights.split(';').map(row => row.split(',').map(Number));
          const source = [...figure.querySelectorAll('.source span')];
          const output = [...figure.querySelectorAll('.output span')];
          const rows = [...figure.querySelectorAll('.row')];
          const show = chosen => {
            figure.classList.toggle('looking', chosen !== null);
            const most = chosen === null ? 1 : Math.max(...weights[chosen], 1e-9);
            source.forEach((token, j) => {
              const w = chosen === null ? 0 : weights[chosen][j] / most;
              token.style.background = w > 0.02 ? `rgba(0, 114, 178, ${w})` : '';
              token.style.color = w > 0.5 ? '#fff' : '';
              token.title = chosen === null ? '' : weights[chosen][j].toFixed(3);
            });
            output.forEach((token, i) => token.classList.toggle('on', i === chosen));
            rows.forEach((row, i) => row.classList.toggle('on', i === chosen));
          };
          for (const parts of [output, rows]) parts.forEach((part, i) => {
            part.addEventListener('pointerenter', () => show(i));
            part.addEventListener('pointerleave', () => show(null));
            part.addEventListener('focus', () => show(i));
            part.addEventListener('blur', () => show(null));
          });
        }
        """;
}
