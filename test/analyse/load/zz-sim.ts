import * as sim from "/work/wt/knee/test/analyse/load/simulated-agent.ts";
import { median } from "simple-statistics";
const RUNS=Number(process.argv[2]??24);
for (const name of ["sharp","gentle","bursty","collapsing","blocking"] as const) {
  const errs:number[]=[]; let held=0, none=0, probes=0; const w:number[]=[];const t0=Date.now();
  for (let run=0; run<RUNS; run++) {
    const truth = sim[name](3000*5**sim.chanceOf(1000+run).unit());
    const s = sim.startOf(truth, run);
    probes+=s.probes.length-3;
    if (s.knee?.value==null) {none++; continue;}
    errs.push(100*Math.log(s.knee.value/truth.knee)); w.push((s.knee.high??Infinity)/s.knee.low);
    if (s.knee.low<=truth.knee && truth.knee<=(s.knee.high??Infinity)) held++;
  }
  const abs=errs.map(Math.abs).sort((a,b)=>a-b);
  console.log(name,"bias",median(errs).toFixed(2),"abs p50",abs[Math.floor(abs.length/2)]!.toFixed(2),"p90",abs[Math.floor(abs.length*.9)]!.toFixed(2),"held",held,"of",RUNS,"none",none,"probes",(probes/RUNS).toFixed(1),"width",median(w).toFixed(2),"ms",Date.now()-t0);
}
