// SPDX-License-Identifier: MIT
import { TakeAlong } from "./along";
import { Branches } from "./branches";
import { CurvePicture } from "./curve";
import { Fields } from "./fields";
import { FieldPicture } from "./field";
import { Graph } from "./graph";
import { Guide } from "./guide";
import { Derivative, Parameters } from "./parameters";
import { about, notice, offer, refusals } from "./state";
import { Status, TimeLine, Transport } from "./transport";

/** What is told where it belongs. */
const TOLD_ELSEWHERE = [
  ...["seed", "data.source", "data.test", "network.layers", "loss.function", "optimizer.method", "optimizer.learning_rate"],
  ...["training.batch", "training.plant", "file", "proof", "parameters", "chain"],
];

/** What is refused and belongs to no field. */
function Trouble() {
  const general = Object.entries(refusals.value)
    .filter(([key]) => !TOLD_ELSEWHERE.includes(key))
    .map(([key, { message }]) => (key.includes(".") ? `${key}: ${message}` : message));
  return general.length > 0 ? (
    <p class="refusal wide" role="alert">
      {general.join(" ")}
    </p>
  ) : null;
}

export function App() {
  return (
    <>
      <header>
        <h1>Gradus</h1>
        <p class="lead">A network that can be seen through</p>
        <Transport />
      </header>
      <Guide />
      <Trouble />
      <main>
        <section class="fields" aria-labelledby="experiment">
          <h2 id="experiment">Experiment</h2>
          <Fields />
        </section>
        <section class="middle" aria-labelledby="network-title">
          <h2 id="network-title">Network</h2>
          <Graph />
          <TimeLine />
          <CurvePicture />
        </section>
        <section class="answers" aria-labelledby="answers">
          <h2 id="answers">Answers</h2>
          <FieldPicture />
          <Status />
        </section>
        <Branches />
        <section class="numbers" aria-labelledby="numbers">
          <h2 id="numbers">Every number</h2>
          <div class="pair">
            <Parameters />
            <Derivative />
          </div>
        </section>
        <TakeAlong />
      </main>
      <footer>
        {notice.value ? <p>{notice.value}</p> : null}
        <p>
          Gradus {offer.value?.version ?? ""}. The same core as on the command line, with the same numbers; the page asks the
          network for nothing. {about.value ? `${about.value.parameters} parameters.` : ""}
        </p>
      </footer>
    </>
  );
}
