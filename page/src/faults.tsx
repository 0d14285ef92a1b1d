// SPDX-License-Identifier: MIT
// A wrong gradient, planted by name or hidden to be found out.
import { Choice } from "./fields";
import { answerQuiz, fields, hideFault, offer, quiz, restart, setTraining } from "./state";

/** What is planted, told or hidden. */
export function Faults() {
  const faults = (offer.value?.faults ?? []).map((fault): [string, string] => [fault.name, `${fault.name}: ${fault.help}`]);
  const hidden = quiz.value;
  if (!hidden)
    return (
      <>
        <Choice
          label="Planted fault"
          value={(fields.value["training.plant"] ?? "").split(":")[0] ?? ""}
          choices={[["", "none"], ...faults]}
          of="training.plant"
          set={(kind) => void setTraining("training.plant", kind)}
        />
        <button type="button" class="quiet" disabled={faults.length === 0} onClick={() => void hideFault()}>
          Hide a fault
        </button>
      </>
    );
  const right = hidden.answer === hidden.kind;
  return (
    <>
      <p class="soft">A fault is hidden in the gradient. Play, prove, look at the numbers: which is it?</p>
      <Choice label="Which fault" value={hidden.answer ?? ""} choices={[["", "…"], ...faults]} set={answerQuiz} />
      {hidden.answer ? (
        <p aria-live="polite">
          {right ? <strong>Right.</strong> : <strong>No.</strong>} {right ? "" : "Prove names it now, or try again."}
        </p>
      ) : null}
      <button type="button" class="quiet" onClick={() => void restart("training.plant", { ...fields.value })}>
        Without the fault
      </button>
    </>
  );
}
