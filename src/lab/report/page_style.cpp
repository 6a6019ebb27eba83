#include "lab/report/page_assets.h"

namespace manabi::lab::report {

std::string_view page_style() {
  return R"css(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.55 -apple-system,BlinkMacSystemFont,"Segoe UI",Inter,Roboto,"Helvetica Neue","Noto Sans","Liberation Sans","DejaVu Sans Condensed",system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
code,.run,.answers th[scope=row]{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
h1,h2,h3,p,dl,dd,ul,figure{margin:0;padding:0}
h1,h2,h3{text-wrap:pretty;line-height:1.25}
.page{max-width:1180px;margin:0 auto;padding:0 24px 72px;display:grid;grid-template-columns:minmax(0,1fr);column-gap:48px}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:12px;background:var(--surface);padding:4px 10px;z-index:9}
.defs{position:absolute}

header{padding:44px 0 26px}
.kind{font-size:12.5px;color:var(--muted);letter-spacing:.02em;margin-bottom:10px}
h1{font-size:31px;font-weight:650;letter-spacing:-.015em;max-width:30em}
.question{font-size:18px;line-height:1.5;margin-top:12px;max-width:40em}
.paper{color:var(--muted);font-size:14px;margin-top:12px;max-width:52em}
nav ol{list-style:none;margin:0;padding:0;font-size:13.5px}
nav a{color:var(--muted);text-decoration:none;display:block;padding:3px 0 3px 12px;border-left:2px solid var(--line)}
nav a:hover{color:var(--text)}
nav a[aria-current]{color:var(--accent);border-color:var(--accent)}
nav .here{font-size:12px;color:var(--muted);margin-bottom:8px}

section{margin-top:52px}
section:first-of-type{margin-top:0}
h2{font-size:21px;font-weight:650;letter-spacing:-.01em;padding-top:14px;border-top:1px solid var(--text);margin-bottom:18px}
h3{font-size:15.5px;font-weight:650}
section>p{max-width:44em;margin:0 0 16px}

.tally{margin-bottom:6px}
.tally .strip{display:flex;gap:3px;height:7px}
.tally .strip span{background:currentColor;min-width:7px;border-radius:1px}
.tally .strip .untested{background:repeating-linear-gradient(115deg,currentColor 0 2px,transparent 2px 6px)}
.tally ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 22px;margin-top:10px}
.tally li{display:flex;align-items:center;gap:7px;font-size:14px}
.holds{color:var(--holds)}.fails{color:var(--fails)}.open{color:var(--open)}.untested{color:var(--untested)}
.icon{flex:none;display:block}

.claim{color:inherit;display:grid;grid-template-columns:minmax(0,1fr) 350px;gap:6px 40px;padding:22px 0;border-bottom:1px solid var(--line)}
.claim:last-child{border-bottom:0}
.claim .head{display:flex;align-items:center;gap:12px;margin-bottom:9px}
.badge{display:inline-flex;align-items:center;gap:7px;font-size:13px;font-weight:650;line-height:1;padding:5px 11px 5px 7px;border-radius:4px;white-space:nowrap}
.badge.holds{background:var(--holds-soft)}.badge.fails{background:var(--fails-soft)}
.badge.open{background:var(--open-soft)}.badge.untested{background:var(--untested-soft)}
.claim .number{font-size:12.5px;color:var(--muted);text-decoration:none}
.claim .number:hover{text-decoration:underline}
.claim h3{font-size:17px;font-weight:600;line-height:1.4;max-width:36em;text-wrap:pretty}
.claim dl{font-size:13.5px;line-height:1.5}
.terms{margin-top:9px}
.terms div{display:grid;grid-template-columns:76px minmax(0,1fr);gap:10px}
.claim dt{color:var(--muted)}
.evidence{padding-top:2px}
.evidence dl{display:grid;grid-template-columns:150px minmax(0,1fr);gap:16px}
.evidence dl>:only-child{grid-column:1/-1}
.evidence dt{font-size:12.5px}
.measured b{display:block;font-size:21px;font-weight:650;letter-spacing:-.01em;line-height:1.35}
.published dd{padding-top:4px}
.sample{font-size:12.5px;color:var(--muted)}
.bar{display:block;width:100%;height:auto;margin:6px 0 3px}
.claim.holds .bar{color:var(--holds)}.claim.fails .bar{color:var(--fails)}.claim.open .bar{color:var(--open)}
.holds .measured b{color:var(--holds)}.fails .measured b{color:var(--fails)}.open .measured b{color:var(--open)}
.evidence dl+.missing{margin-top:10px}
.missing{font-size:13.5px;line-height:1.5;background:var(--untested-soft);border-left:2px dashed var(--untested);padding:9px 13px}
.missing b{display:block;font-size:12.5px;font-weight:600;color:var(--untested)}

.chart,.panels,.tabular,.prompt{margin:26px 0 34px}
.chart:has(+details){margin-bottom:0}
.chart+details{margin-bottom:38px}
.plot{display:block;width:100%;height:auto;overflow:visible}
.plot.narrow{display:none;max-width:480px}
.chart>.plot,.chart>.warning{margin-top:10px}
figcaption,.caption{font-size:13.5px;line-height:1.5;color:var(--muted);margin-top:9px;max-width:56em}
.warning{font-size:13.5px;color:var(--open);margin-top:8px}
.nothing{color:var(--muted);font-style:italic}
.panels .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(196px,1fr));gap:22px 20px}
.panel h3{font-size:13.5px;font-weight:600;margin-bottom:4px}
.panel figcaption{font-size:12.5px;margin-top:2px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin-bottom:14px;font-size:13.5px}
.legend li{display:flex;align-items:center;gap:7px}
.plot.swatch{display:inline-block;width:26px;flex:none}
details{margin-top:8px;font-size:13.5px}
summary{cursor:pointer;color:var(--muted);width:max-content;padding:2px 0}
summary:hover{color:var(--text)}
details .scroll{margin-top:6px;max-height:26rem}

.scroll{overflow-x:auto;overscroll-behavior-x:contain;border-top:1px solid var(--text);border-bottom:1px solid var(--text)}
.tabular .scroll,.answers{margin-top:8px}
table{border-collapse:separate;border-spacing:0;font-size:13.5px;line-height:1.4;min-width:100%}
th,td{text-align:left;font-weight:400;padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:baseline;white-space:nowrap}
td,tbody th{max-width:30em}
tbody tr:last-child>*{border-bottom:0}
thead th{font-weight:600;vertical-align:bottom;white-space:normal;min-width:4.5em;background:var(--ground)}
tr>:last-child{padding-right:4px}
.number{text-align:right}
th:first-child{position:sticky;left:0;background:var(--ground);text-align:left;padding-right:18px;white-space:normal;min-width:6.5em;z-index:1}
details thead th{position:sticky;top:0;z-index:1}
details thead th:first-child{z-index:2}
small{font-size:.92em;color:var(--muted)}
tbody tr:hover>*{background:var(--sunken)}

.prompt .count{font-size:13px;color:var(--muted);margin:2px 0 8px}
.tokens{display:flex;flex-direction:column-reverse;max-height:32rem;overflow:auto;background:linear-gradient(var(--surface) 30%,transparent) 0 0/100% 44px no-repeat local,linear-gradient(var(--line),transparent) 0 0/100% 12px no-repeat scroll,var(--surface);border:1px solid var(--line);border-radius:4px}
.run{padding:12px 14px;font-size:13px;line-height:1.65;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
.run span,.answers .a{padding:2px 0;border-radius:2px;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.a{background:var(--token)}.b{background:var(--token-other)}
.run i,.answers i{font-style:normal}
.sp,.nb{background:radial-gradient(circle at 50% 56%,var(--faint) 0 .07em,transparent .1em) 50% 50%/1ch 100% repeat-x}
.nb{box-shadow:inset 0 -1px var(--muted)}
.nl::before{content:"\23CE";color:var(--muted);font-size:.88em}
.answers .nl::before{content:"\23CE"}
.tab{position:relative}
.tab::before{content:"\21E5";color:var(--faint);position:absolute;left:0}
.byte{font-size:.8em;color:var(--muted);border:1px solid var(--muted);border-radius:2px;padding:0 .25em;margin:0 1px}
.run .special{background:transparent;color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent);padding:2px 4px;margin:0 1px;font-size:.92em}
.run .slot{display:inline-block;font:600 12px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Inter,Roboto,"Noto Sans","Liberation Sans","DejaVu Sans Condensed",sans-serif;color:var(--ground);background:var(--accent);padding:1px 9px 1px 12px;margin-left:1px;border-radius:0 3px 3px 0;clip-path:polygon(7px 0,100% 0,100% 100%,7px 100%,0 50%);white-space:nowrap}
.answers td,.answers tbody th{white-space:nowrap}
.answers .a{padding:2px 3px;white-space:pre}
.share{min-width:190px}
.meter{display:inline-block;width:110px;height:8px;background:var(--sunken);border-radius:1px;margin-right:6px;overflow:hidden}
.meter span{display:block;height:100%;background:var(--muted)}
.chosen .meter span{background:var(--accent)}
.chosen>*{font-weight:600}
.target,.choice{font-weight:600;font-size:12px;padding:1px 7px;border-radius:3px;white-space:nowrap}
.choice{background:var(--accent-soft);color:var(--accent)}
.target{background:var(--holds-soft);color:var(--holds)}

.manifest{font-size:13.5px;line-height:1.5}
.manifest div{display:grid;grid-template-columns:190px minmax(0,1fr);gap:14px;padding:5px 0;border-bottom:1px solid var(--line)}
.manifest div:first-child{border-top:1px solid var(--text)}.manifest div:last-child{border-bottom-color:var(--text)}
.manifest dt{color:var(--muted)}
.manifest dd{overflow-wrap:anywhere;white-space:pre-line}
code{font-size:.92em}

.tip{position:fixed;z-index:8;pointer-events:none;background:var(--surface);color:var(--text);border:1px solid var(--muted);border-radius:4px;padding:7px 11px;font-size:12.5px;line-height:1.5;max-width:min(360px,92vw)}
.tip b{display:block;font-weight:600}
.tip div{display:grid;grid-template-columns:auto 1fr auto;gap:0 12px}
.tip i{font-style:normal;color:var(--muted)}
.tip u{text-decoration:none;display:flex;align-items:center;gap:6px}
.tip u::before{content:"";width:10px;height:3px;background:currentColor}
.tip span{color:var(--text)}

@media (min-width:1080px){
.page.long{grid-template-columns:minmax(0,1fr) 172px;max-width:1180px}
.page.long header{grid-column:1/-1}
.page.long main{grid-column:1;grid-row:2}
.page.long nav{grid-column:2;grid-row:2;position:sticky;top:28px;align-self:start;max-height:calc(100vh - 56px);overflow:auto;padding-top:14px}
}
@media (max-width:1079px){
nav{margin:0 0 30px}
nav ol{display:flex;flex-wrap:wrap;gap:2px 18px}
nav a{border:0;padding:3px 0;text-decoration:underline}
nav .here{display:none}
}
@media (max-width:860px){
.claim{grid-template-columns:minmax(0,1fr);gap:14px}
.evidence{max-width:400px}
}
@media (max-width:760px){
.plot.wide{display:none}.plot.narrow{display:block}
}
@media (max-width:520px){
.page{padding:0 16px 56px}
header{padding:26px 0 20px}
h1{font-size:25px}.question{font-size:16.5px}
section{margin-top:42px}
.panels .grid{grid-template-columns:repeat(2,minmax(0,1fr));gap:18px 12px}
.panel text{font-size:16px}
.manifest div{grid-template-columns:minmax(0,1fr);gap:0}
.run{padding:10px;font-size:12.5px}
th:first-child{max-width:9.5em}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{
body{font-size:10pt}
.page,.page.long{display:block;max-width:none;padding:0}
nav,.skip,summary,.tip{display:none}
header{padding:0 0 14pt}
.claim,figure,.tabular{break-inside:avoid}
.prompt{break-inside:auto}
h2,h3{break-after:avoid}
.tokens{display:block;max-height:none;overflow:visible;background:none}
.sp,.nb{background:none;position:relative}
.sp::after,.nb::after{content:"\B7";position:absolute;left:0;color:var(--faint)}
.tally .strip{display:none}
.scroll{overflow:visible;max-height:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
)css";
}

}  // namespace manabi::lab::report
