// The style of the report's page, light and dark.
#pragma once

namespace octavo {

constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2430;--soft:#667085;--rule:#e4e2dc;
--tokens:#1f7a6c;--reserved:#8cc9bb;--internal:#e2a33c;--external:#e7e5df;
--paged:#1f7a6c;--max:#c2410c;--pow2:#b08915;--oracle:#5b6bc0;--light:46%;--sat:58%}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1a2028;--ink:#e8eaee;--soft:#98a2b3;
--rule:#2c343f;--tokens:#3fb8a3;--reserved:#28695f;--internal:#c98a2b;--external:#2a313b;
--paged:#3fb8a3;--max:#f0764a;--pow2:#d9b44a;--oracle:#8f9df0;--light:60%;--sat:55%}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,"Segoe UI",Roboto,
"Helvetica Neue",sans-serif}
main{max-width:1080px;margin:0 auto;padding:48px 24px 72px}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;margin:0 0 10px}
h2{font-size:20px;letter-spacing:-.01em;margin:52px 0 4px}figure+p{margin-top:14px}
p{margin:0 0 8px;max-width:76ch}.soft{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px;margin:28px 0 0}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:16px 18px}
.card b{display:block;font-size:30px;line-height:1.15;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.card span{color:var(--soft);font-size:14px;line-height:1.4;display:block;margin-top:4px}
figure{margin:14px 0 0;background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px}
figcaption{font-weight:600;font-size:15px;margin:0 0 10px}figcaption span{font-weight:400;color:var(--soft)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(400px,100%),1fr));gap:14px;margin-top:14px}
.four{display:grid;grid-template-columns:repeat(auto-fill,minmax(228px,1fr));gap:14px;margin-top:14px}
.two figure,.four figure{margin:0;padding:14px}
svg{display:block;width:100%;height:auto;font:13px ui-sans-serif,system-ui,"Segoe UI",Roboto,sans-serif}
text{fill:var(--ink)}.name{font-size:15px;font-weight:600}.share{font-size:14px;font-weight:600}
.end{text-anchor:end}.middle{text-anchor:middle}.tick{fill:var(--soft);font-size:12px}
.grid{stroke:var(--ink);stroke-opacity:.13;stroke-width:1}
.tokens{fill:var(--tokens)}.reserved{fill:var(--reserved)}.internal{fill:var(--internal)}
.external{fill:var(--external)}.on-tokens{fill:#fff}.on-internal{fill:#2b1c00}
@media (prefers-color-scheme:dark){.on-tokens,.on-internal{fill:#0c1613}}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.label{font-size:13px;font-weight:600;
stroke:var(--card);stroke-width:5;paint-order:stroke}
.line-paged{stroke:var(--paged)}.line-orca-max{stroke:var(--max)}.line-orca-pow2{stroke:var(--pow2)}
.line-orca-oracle{stroke:var(--oracle)}.text-paged{fill:var(--paged)}.text-orca-max{fill:var(--max)}
.line-recorded{stroke:var(--ink)}.line-modelled{stroke:var(--soft)}.text-modelled{fill:var(--soft)}
.text-orca-pow2{fill:var(--pow2)}.text-orca-oracle{fill:var(--oracle)}
.nobody{fill:var(--external);opacity:.75}.p-tokens{fill:hsl(var(--hue) var(--sat) var(--light))}
.p-later{fill:hsl(var(--hue) var(--sat) var(--light)/.42)}.p-never{fill:hsl(var(--hue) var(--sat) var(--light)/.15)}
svg g:hover>.p-tokens,svg g:hover>.p-later,svg g:hover>.p-never{stroke:var(--ink);stroke-width:1.4}
.key{display:flex;flex-wrap:wrap;gap:6px 22px;margin:12px 0 0;padding:0;list-style:none;font-size:14px}
.key i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:7px;vertical-align:-1px}
.scroll,.wide{overflow-x:auto}.wide svg{min-width:660px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{text-align:right;vertical-align:bottom;padding:7px 6px;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left;font-weight:600}th{color:var(--soft);font-weight:500;white-space:normal}
)css";

}  // namespace octavo
