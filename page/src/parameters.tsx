// SPDX-License-Identifier: MIT
// Every parameter with its derivative by several ways, and the chain that leads to one of them.
import { useState } from "preact/hooks";
import { Text } from "./fields";
import { about, chain, choose, chosen, names, playing, proof, prove, proving, quiz, refusals, setParameter, standing, theta } from "./state";
import { short } from "./texts";

const MOST = 120; // rows shown at once

/** A number that counts when it is left, or by Enter; while it is edited it stays as it is. */
function Value({ name, value, set }: { name: string; value: number; set: (text: string) => void }) {
  const [text, setText] = useState<string | null>(null);
  const leave = () => {
    if (text !== null && text !== `${value}`) set(text);
    setText(null);
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      class="mono"
      aria-label={`value of ${name}`}
      value={text ?? (playing.value ? short(value) : `${value}`)}
      onFocus={() => setText(`${value}`)}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={leave}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setText(`${value}`);
      }}
    />
  );
}

function Verdict() {
  const found = proof.value;
  const isAsked = quiz.value !== null && quiz.value.answer === null; // what is to be found out is not told
  if (proving.value) return <p aria-live="polite">proving…</p>;
  if (refusals.value.proof)
    return (
      <p class="refusal" role="alert">
        {refusals.value.proof.message}
      </p>
    );
  if (!found) return <p class="soft">Prove the gradient: by hand, by tape and by differences, number by number.</p>;
  return (
    <div class={`verdict ${found.verdict}`} aria-live="polite">
      <strong>The gradient is {found.verdict}</strong> on {found.samples} samples at update {found.update}.
      {found.because ? ` ${found.because}` : ""}
      {(isAsked ? [] : found.diagnoses).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

export function Parameters() {
  const [first, setFirst] = useState(0);
  const all = names.value;
  const from = Math.min(first, Math.max(0, all.length - 1));
  const shown = all.slice(from, from + MOST);
  return (
    <div class="parameters">
      <div class="row">
        <button type="button" class="main" disabled={!standing.value || proving.value} onClick={() => void prove()}>
          Prove
        </button>
        <Verdict />
      </div>
      {refusals.value.parameters ? (
        <p class="refusal" role="alert">
          {refusals.value.parameters.message}
        </p>
      ) : null}
      <div class="scroll" tabIndex={0} role="region" aria-label="The table of parameters">
        <table aria-label="Parameters">
          <thead>
            <tr>
              <th scope="col">parameter</th>
              <th scope="col">value</th>
              <th scope="col">by hand</th>
              <th scope="col">tape</th>
              <th scope="col">difference</th>
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((name, k) => {
              const row = proof.value?.rows[from + k];
              return (
                <tr key={name} class={name === chosen.value?.weight ? "chosen" : ""}>
                  <th scope="row">
                    <button type="button" class="link" onClick={() => void choose(name)}>
                      {name}
                    </button>
                  </th>
                  <td>
                    <Value name={name} value={theta.value[from + k] ?? 0} set={(text) => void setParameter(from + k, text)} />
                  </td>
                  <td>{row ? short(row.hand) : ""}</td>
                  <td>{row ? short(row.tape) : ""}</td>
                  <td>{row ? short(row.difference) : ""}</td>
                  <td class={row?.verdict ?? ""}>{row?.verdict ?? ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {all.length > MOST ? (
        <div class="row">
          <button type="button" class="quiet" disabled={from === 0} onClick={() => setFirst(Math.max(0, from - MOST))}>
            Earlier parameters
          </button>
          <span class="soft">
            {from + 1} to {from + shown.length} of {all.length}
          </span>
          <button type="button" class="quiet" disabled={from + MOST >= all.length} onClick={() => setFirst(from + MOST)}>
            Later parameters
          </button>
        </div>
      ) : null}
    </div>
  );
}

export function Derivative() {
  const at = chosen.value;
  const steps = chain.value;
  if (!at)
    return (
      <div class="derivative">
        <h3>The derivative, seen</h3>
        <p class="soft">Choose a parameter in the table, or an edge of the network: here stands the way from the loss back to it, factor by factor.</p>
      </div>
    );
  return (
    <div class="derivative">
      <h3>The derivative, seen</h3>
      <p>
        From the loss of one sample back to <strong>{at.weight}</strong>.
      </p>
      <Text label="Sample" of="chain" value={`${at.sample}`} set={(text) => void choose(at.weight, Number.parseInt(text, 10) || 0)} />
      {steps ? (
        <>
          <p>
            <code>{steps.loss_formula}</code> = {short(Number(steps.loss))}
          </p>
          <ol class="chain scroll" tabIndex={0} aria-label="The chain, step by step">
            {steps.steps.map((step) => (
              <li key={step.formula}>
                <code>{step.formula}</code>
                <span class="factors">{step.numbers}</span>
                <span class="value">= {short(Number(step.value))}</span>
              </li>
            ))}
          </ol>
          <p class="soft">{about.value?.samples} samples make a batch's derivative: the mean of such chains.</p>
        </>
      ) : null}
    </div>
  );
}
