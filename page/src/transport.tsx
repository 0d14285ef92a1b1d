// SPDX-License-Identifier: MIT
// The hands on the run: play, pause, step, back; where it stands; and time, to slide along.
import { Choice } from "./fields";
import { about, branch, compare, comparing, copyLink, linked, pause, play, playing, seek, seeking, sha, showSha, speed, standing, step, stepEpoch } from "./state";
import { percent, short } from "./texts";

const SPEEDS: [string, string][] = [
  ["0", "as fast as it can"],
  ["1000", "1000 updates a second"],
  ["100", "100 updates a second"],
  ["10", "10 updates a second"],
  ["1", "1 update a second"],
];

export function Transport() {
  const none = standing.value === null;
  return (
    <div class="transport" role="group" aria-label="Training">
      <button type="button" disabled={none} onClick={() => void seek(0)}>
        Back to start
      </button>
      <button type="button" disabled={none} onClick={() => void step(1)}>
        One update
      </button>
      <button type="button" disabled={none} onClick={() => void stepEpoch()}>
        One epoch
      </button>
      {playing.value ? (
        <button type="button" class="main" onClick={pause}>
          Pause
        </button>
      ) : (
        <button type="button" class="main" disabled={none} onClick={() => void play()}>
          Play
        </button>
      )}
      <Choice label="Speed" value={`${speed.value}`} choices={SPEEDS} set={(chosen) => (speed.value = Number(chosen))} />
    </div>
  );
}

function score(classes: number | null, numbers: number | null): [string, string] | null {
  if (classes !== null) return ["accuracy", percent(classes)];
  return numbers === null ? null : ["R²", short(numbers)];
}

export function Status() {
  const at = standing.value;
  if (!at) return <div role="status">starting…</div>;
  const train = score(at.accuracy, at.r2);
  const test = score(at.test_accuracy, at.test_r2);
  return (
    <>
      <div role="status" class="status" aria-live={playing.value ? "off" : "polite"}>
        <dl>
          <div>
            <dt>update</dt> <dd>{at.update}</dd>
          </div>{" "}
          <div>
            <dt>epoch</dt> <dd>{at.epoch}</dd>
          </div>{" "}
          <div>
            <dt>loss</dt> <dd>{short(at.loss)}</dd>
          </div>{" "}
          {train ? (
            <div>
              <dt>{train[0]}</dt> <dd>{train[1]}</dd>
            </div>
          ) : null}{" "}
          {test ? (
            <div>
              <dt>{test[0]} on the test set</dt> <dd>{test[1]}</dd>
            </div>
          ) : null}
        </dl>
        {seeking.value === null ? null : <p>on the way to update {seeking.value}</p>}
        {at.stopped ? (
          <p class={at.message ? "autopsy" : ""}>
            <strong>{at.stopped}</strong>
            {at.message ? `: ${at.message}` : ""}
          </p>
        ) : null}
        {sha.value ? (
          <p class="sha">
            parameters sha256 <code>{sha.value.sha256}</code>
          </p>
        ) : null}
      </div>
      <div class="row">
        <button type="button" class="quiet" onClick={() => void showSha()}>
          Show SHA-256
        </button>
        <button type="button" class="quiet" onClick={() => void copyLink()}>
          Copy link
        </button>
      </div>
      {linked.value ? (
        <div class="field">
          <label for="link">Link to this moment, in the address too</label>
          <input id="link" type="text" class="mono" readOnly value={linked.value} onFocus={(event) => event.currentTarget.select()} />
        </div>
      ) : null}
      <p class="soft">
        {about.value ? `${about.value.loss}, ${about.value.samples} samples to train on` : ""}
        {about.value?.test_samples ? `, ${about.value.test_samples} to test on` : ""}
      </p>
    </>
  );
}

export function TimeLine() {
  const at = standing.value;
  const furthest = Math.max(at?.furthest ?? 0, 1);
  return (
    <div class="time">
      <label for="update">Update</label>
      <input
        id="update"
        type="range"
        min={0}
        max={furthest}
        step={1}
        value={seeking.value ?? at?.update ?? 0}
        disabled={!at}
        aria-valuetext={`update ${at?.update ?? 0} of ${at?.furthest ?? 0}`}
        onInput={(event) => void seek(Number(event.currentTarget.value))}
      />
      <span class="place">
        {at?.update ?? 0} of {at?.furthest ?? 0}
      </span>
      <div class="row">
        <button type="button" class="quiet" disabled={!at} onClick={() => void branch()}>
          Branch
        </button>
        <button type="button" class="quiet" disabled={!at} aria-expanded={comparing.value} onClick={compare}>
          Compare
        </button>
      </div>
    </div>
  );
}
