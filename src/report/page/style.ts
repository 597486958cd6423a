/** The page's whole style: light, dark, narrow and paper. No font, image or script is fetched. */
import { HUES } from "../charts/palette.ts";

const variables = (of: "light" | "dark"): string =>
  HUES.map((hue, index) => `--agent-${index}:${hue[of]}`).join(";");

const LIGHT = `--paper:#fff;--raised:#f7f7f5;--ink:#1c1e21;--muted:#5d636b;--line:#d9dbdf;--grid:#eceef0;--link:#0b57a4;
--over:#b3261e;--over-bg:#fbe9e7;--within:#17663c;--within-bg:#e5f3ea;--unsure:#7a5200;--unsure-bg:#fbf1dc;--invalid:#5d636b;--invalid-bg:#eceef0;
--baseline:#7d848c;--delivered:#b9c0c7;--declared:#d98e00;--silent:#b3261e;${variables("light")}`;

const DARK = `--paper:#16181b;--raised:#1e2125;--ink:#e7e9ec;--muted:#a3aab3;--line:#3a3f46;--grid:#2a2e33;--link:#8cbff2;
--over:#ff9a91;--over-bg:#45201d;--within:#86d6a5;--within-bg:#173524;--unsure:#f0c268;--unsure-bg:#3d3016;--invalid:#b4bac2;--invalid-bg:#2a2e33;
--baseline:#9aa2ab;--delivered:#565d66;--declared:#f0ad1f;--silent:#ff6d61;${variables("dark")}`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
@media print{:root{color-scheme:light;${LIGHT}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:4rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main,header,footer,nav{max-width:68rem;margin-inline:auto;padding-inline:clamp(1rem,4vw,2.5rem)}
header{padding-top:clamp(1.5rem,5vw,3.5rem)}
h1{font-size:clamp(1.6rem,1.2rem + 1.8vw,2.3rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .4rem;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1.4rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .8rem;font-weight:650}
h3{font-size:1.08rem;line-height:1.35;margin:2.4rem 0 .6rem;font-weight:650}
h3 small{font-weight:400;color:var(--muted);font-size:.9rem;margin-left:.4rem}
p,ul{max-width:46rem;margin:.6rem 0}
ul{padding-left:1.2rem}li{margin:.25rem 0}
section{margin-top:3.2rem;padding-top:1.8rem;border-top:1px solid var(--line)}
a{color:var(--link)}
a:focus-visible,.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em;overflow-wrap:anywhere}
.lede{color:var(--muted);margin:0;overflow-wrap:anywhere}
.words{font-size:1.12rem;max-width:50rem;margin:1.6rem 0 0}
.words p{max-width:none;margin:.5rem 0}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;list-style:none;padding:0;margin:1.8rem 0 0;max-width:none;font-size:.94rem}
details{margin:.5rem 0;max-width:none}summary{cursor:pointer}details dl{margin:.6rem 0 1.2rem 1.1rem}
.setting{white-space:pre-wrap}
.banner{background:var(--unsure-bg);color:var(--unsure);border-left:4px solid currentColor;padding:.8rem 1.1rem;margin:1.4rem 0 0;font-weight:600;max-width:none}
.banner.over{background:var(--over-bg);color:var(--over)}
.note{color:var(--muted);font-size:.93rem}
.scroll{overflow-x:auto;position:relative;margin:1rem 0 1.4rem;container-type:inline-size}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums lining-nums;min-width:min(100%,30rem)}
caption{text-align:left;color:var(--muted);font-size:.9rem;padding-bottom:.45rem}caption span{display:inline-block;position:sticky;left:0;max-width:min(46rem,100cqw)}
th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--grid);font-weight:400}
thead th{color:var(--muted);font-size:.84rem;border-bottom-color:var(--line);vertical-align:bottom}
tbody tr:last-child>*{border-bottom-color:var(--line)}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right}td.number{white-space:nowrap}
.doubtful,.doubtful *{color:var(--muted);font-weight:400}
.dense td .range,.matrix td .range{display:block}
.matrix th,.matrix td{padding-right:.55rem}.matrix th[scope=row]{min-width:9.4rem}.matrix td small,.matrix .verdict{white-space:normal}.matrix .verdict{font-size:.77rem;padding-inline:.35rem}.matrix td .range{white-space:normal}.matrix td small{font-size:.8em;line-height:1.4}
th[scope=row]{min-width:8rem}tbody th[scope=row],thead th:first-child{position:sticky;left:0;background:var(--paper)}
td b{font-weight:600}
.unit,.range,.absent,td small{color:var(--muted)}
.range{font-size:.92em;white-space:nowrap}
td small{display:block;font-size:.86em;white-space:nowrap}
td small.prose{white-space:normal;min-width:12rem;margin:.2rem 0 .5rem}
.agent{white-space:nowrap;font-weight:550}
.dot{display:inline-block;width:.68em;height:.68em;border-radius:50%;margin-right:.5em}
.spoken{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.verdict{display:inline-block;font-size:.83rem;font-weight:600;line-height:1.35;border-radius:.3rem;padding:.1rem .5rem;white-space:nowrap}
.verdict.over{color:var(--over);background:var(--over-bg)}
.verdict.within,.verdict.no-detectable-cost{color:var(--within);background:var(--within-bg)}
.verdict.inconclusive{color:var(--unsure);background:var(--unsure-bg)}
.verdict.invalid{color:var(--invalid);background:var(--invalid-bg)}
.alarm{color:var(--silent);font-weight:600}
.off{display:none}
.toggles{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;max-width:68rem;margin:1.2rem auto 0;padding:.5rem clamp(1rem,4vw,2.5rem);border:0;background:var(--paper);font-size:.92rem}
.toggles[hidden]{display:none}.toggles legend{float:left;padding:0;margin-right:1rem;color:var(--muted)}
.toggles label{white-space:nowrap;cursor:pointer}.toggles .dot{margin-inline:.35em .4em}
.tip{position:fixed;z-index:2;max-width:24rem;padding:.3rem .6rem;border-radius:.3rem;background:var(--ink);color:var(--paper);font-size:.86rem;pointer-events:none;font-variant-numeric:tabular-nums}
[data-tip]{cursor:default}.chart [data-agent]:hover{filter:brightness(1.25)}
form.fleet{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.8rem 1.4rem;margin:1rem 0}form.fleet[hidden]{display:none}
form.fleet label{display:flex;flex-direction:column;justify-content:end;gap:.2rem;font-size:.9rem;color:var(--muted)}
form.fleet input{font:inherit;color:var(--ink);background:var(--raised);border:1px solid var(--line);border-radius:.3rem;padding:.35rem .5rem}
input:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.downloads{display:flex;flex-wrap:wrap;gap:.5rem 1.4rem;list-style:none;padding:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem 2rem;margin:.8rem 0}
figure{margin:0;overflow-x:auto;min-width:0}
.chart{display:block;width:100%;min-width:min(26rem,100%);height:auto;color:var(--ink);overflow:visible}
.chart text{font-variant-numeric:tabular-nums}
summary{color:var(--muted);font-size:.93rem}.printed{display:none}
.wide .chart{min-width:38rem}.wide figure{overflow:visible}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.3rem;list-style:none;padding:0;margin:.4rem 0;font-size:.92rem;max-width:none}
.legend .dot{border-radius:.15em}
dl{display:grid;align-content:start;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.4rem;margin:1rem 0;font-size:.95rem}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
footer{color:var(--muted);font-size:.9rem;margin-top:3rem;padding-block:1.4rem 3rem;border-top:1px solid var(--line)}
@media (max-width:40rem){html{scroll-padding-top:1rem}.toggles{position:static}body{font-size:15px}dl{grid-template-columns:1fr;gap:0}dt{margin-top:.5rem}.words{font-size:1.04rem}th[scope=row],.matrix th[scope=row]{min-width:7.8rem;max-width:9rem}.agent{white-space:normal;overflow-wrap:break-word}}
@media print{html{font-size:82%}details:not([open]){display:none}.printed{display:block;color:var(--muted);max-width:none}.charts{grid-template-columns:1fr 1fr;gap:.6rem 1.2rem}.charts:has(>figure:only-child){grid-template-columns:minmax(0,24rem)}.wide .charts:has(>figure:only-child){grid-template-columns:1fr}.chart{min-width:0}
.groups:has(details:not([open])){display:grid;grid-template-columns:1fr 1fr;gap:0 1.2rem}.group{min-width:0}.group:has(figure+figure,details[open],table:not(details table)){grid-column:1/-1}h3{margin-top:1.6rem}
body{font-size:10pt}main,header,footer,nav{max-width:none;padding:0}nav,.toggles,form.fleet,.tip{display:none!important}section{margin-top:1.6rem;padding-top:1rem}
.scroll,figure{overflow:visible;container-type:normal}caption span{max-width:none}.wide .chart{min-width:0}tbody th[scope=row],thead th:first-child{position:static}table{font-size:8pt;min-width:0;max-width:100%}th,td{padding-right:.4rem;overflow-wrap:break-word}thead th{font-size:inherit}
th[scope=row],.matrix th[scope=row]{min-width:0}.matrix{width:100%;table-layout:fixed}.matrix th:first-child{width:18%}.matrix .verdict{font-size:6.5pt;padding-inline:.15rem}td small.prose{min-width:0;margin:0}td,td.number,.range,td small,.verdict,.agent{white-space:normal!important}tr,figure,.charts{break-inside:avoid}h2,h3,caption{break-after:avoid}thead{display:table-header-group}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}a{color:inherit;text-decoration:none}}
`;
