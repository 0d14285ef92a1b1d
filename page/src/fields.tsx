// SPDX-License-Identifier: MIT
// What is trained, on what, and how.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { OwnData } from "./along";
import { Faults } from "./faults";
import { fields, offer, refusals, restart, setData, setTraining } from "./state";
import * as texts from "./texts";

/** Why a field cannot be carried out, with a caret under the character it is at. */
function Refused({ of, text = "" }: { of: string; text?: string }) {
  const refusal = refusals.value[of];
  if (!refusal) return null;
  return (
    <div class="refusal" role="alert">
      {refusal.position >= 0 && refusal.position <= text.length ? (
        <pre aria-hidden="true">{`${text}\n${" ".repeat(refusal.position)}^`}</pre>
      ) : null}
      {refusal.message}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  of: string;
  mono?: boolean;
  set: (text: string) => void;
}

/** A text that counts when it is left, or by Enter. */
export function Text({ label, value, of, mono = false, set }: TextProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const id = `field-${label.toLowerCase().replace(/\W+/g, "-")}`;
  const leave = () => {
    if (text.trim() !== value) set(text.trim());
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        class={mono ? "mono" : ""}
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-invalid={refusals.value[of] !== undefined}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === "Enter") leave();
        }}
      />
      <Refused of={of} text={value} />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: (string | [string, string])[];
  of?: string;
  set: (choice: string) => void;
}

export function Choice({ label, value, choices, of, set }: ChoiceProps) {
  const id = `choice-${label.toLowerCase().replace(/\W+/g, "-")}`;
  const known = choices.some((choice) => (typeof choice === "string" ? choice : choice[0]) === value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}>
        {known ? null : <option value={value}>{value || "–"}</option>}
        {choices.map((choice) => {
          const [name, words] = typeof choice === "string" ? [choice, choice] : choice;
          return (
            <option key={name} value={name}>
              {words}
            </option>
          );
        })}
      </select>
      {of ? <Refused of={of} /> : null}
    </div>
  );
}

const SHOWN = ["samples", "noise", "turns", "arms", "factor", "centers", "cluster-std"];

/** The numbers of a maker of data. */
function DataOptions() {
  const source = fields.value["data.source"] ?? "";
  const name = texts.dataName(source);
  const known = offer.value?.data.find((maker) => maker.name === name)?.parameters ?? [];
  const given = texts.dataOptions(source);
  const shown = known.filter((parameter) => SHOWN.includes(parameter.name));
  if (shown.length === 0) return <Refused of="data.source" text={source} />;
  return (
    <>
      <div class="small">
        {shown.map((parameter) => (
          <Text
            key={parameter.name}
            label={parameter.name}
            of="data"
            value={given[parameter.name] ?? parameter.fallback}
            set={(text) => void setData(texts.dataText(name, { ...given, [parameter.name]: text }))}
          />
        ))}
      </div>
      <Refused of="data.source" text={source} />
    </>
  );
}

function NetworkFields() {
  const network = fields.value["network.layers"] ?? "";
  const set = (text: string) => void restart("network.layers", { ...fields.value, "network.layers": text });
  return (
    <>
      <Text label="Network" mono of="network.layers" value={network} set={set} />
      <div class="row">
        <button type="button" class="quiet" onClick={() => set(texts.withLayer(network))}>
          Add a layer
        </button>
        <button
          type="button"
          class="quiet"
          disabled={texts.hidden(network).length === 0}
          onClick={() => set(texts.withoutLayer(network))}
        >
          Remove a layer
        </button>
      </div>
      <Choice
        label="Activation"
        value={texts.activationOf(network)}
        choices={offer.value?.activations ?? []}
        set={(name) => set(texts.withActivation(network, name))}
      />
    </>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

export function Fields() {
  const keys = fields.value;
  const source = keys["data.source"] ?? "";
  const name = texts.dataName(source);
  const data = offer.value?.data.map((maker) => maker.name) ?? [];
  return (
    <>
      <Group title="Data">
        <Choice
          label="Data"
          value={name}
          choices={data}
          set={(chosen) => void setData(texts.startOfData[chosen] ?? chosen, { "data.scale": scaleOf(chosen) })}
        />
        <DataOptions />
        <OwnData />
        <div class="small">
          <Text
            label="Test share"
            of="data.test"
            value={keys["data.test"] ?? ""}
            set={(text) => void restart("data.test", said({ ...keys, "data.test": text }))}
          />
          <Text label="Seed" of="seed" value={keys.seed ?? ""} set={(text) => void restart("seed", said({ ...keys, seed: text }))} />
        </div>
      </Group>
      <Group title="Network">
        <NetworkFields />
      </Group>
      <Group title="Training">
        <Choice
          label="Loss"
          value={keys["loss.function"] ?? "auto"}
          choices={["auto", ...(offer.value?.losses ?? [])]}
          of="loss.function"
          set={(loss) => void restart("loss.function", { ...keys, "loss.function": loss })}
        />
        <Choice
          label="Optimizer"
          value={(keys["optimizer.method"] ?? "").split(":")[0] ?? ""}
          choices={Object.keys(offer.value?.rates ?? {})}
          of="optimizer.method"
          set={(method) => void setTraining("optimizer.method", method, withMethod(method))}
        />
        <div class="small">
          <Text
            label="Learning rate"
            of="optimizer.learning_rate"
            value={keys["optimizer.learning_rate"] ?? ""}
            set={(text) => void setTraining("optimizer.learning_rate", text)}
          />
          <Text label="Batch" of="training.batch" value={keys["training.batch"] ?? ""} set={(text) => void setTraining("training.batch", text)} />
        </div>
        <Faults />
      </Group>
    </>
  );
}

/** Keys of which something is said. */
const said = (keys: Record<string, string>) => Object.fromEntries(Object.entries(keys).filter(([, text]) => text !== ""));
const scaleOf = (data: string) => (data === "iris" || data === "digits" ? "standard" : "none");
/** What goes with a method: its own rate, and nothing that belongs to sgd alone. */
const withMethod = (method: string): Record<string, string> => ({
  "optimizer.learning_rate": offer.value?.rates[method] ?? "",
  "optimizer.momentum": "",
  "optimizer.nesterov": "",
});
