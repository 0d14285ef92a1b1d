// SPDX-License-Identifier: MIT
// The chapters: guided, and live.
import { useEffect, useRef } from "preact/hooks";
import { type Chapter, chapters, type Step, type Try } from "./chapters/chapter";
import { begunChapter, fields, formula, goOn, offer, openChapter, restart } from "./state";

/** A formula of a chapter, which is ours, as the library sets it. */
function Formula({ tex }: { tex: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void formula(tex).then((mathml) => {
      if (place.current) place.current.innerHTML = mathml;
    });
  }, [tex]);
  return <div ref={place} class="formula" />;
}

function attempt(one: Try): void {
  const next = Object.fromEntries(Object.entries({ ...fields.value, ...one.keys }).filter(([, text]) => text !== ""));
  void (one.restart ? restart("", next) : goOn(next));
}

function Told({ step }: { step: Step }) {
  return (
    <li>
      <p>{step.text}</p>
      {step.formula ? <Formula tex={step.formula} /> : null}
      {step.tries ? (
        <div class="row">
          {step.tries.map((one) => (
            <button key={one.label} type="button" class="quiet" onClick={() => attempt(one)}>
              {one.label}
            </button>
          ))}
        </div>
      ) : null}
    </li>
  );
}

function Open({ chapter }: { chapter: Chapter }) {
  const next = chapters[chapters.indexOf(chapter) + 1];
  return (
    <article class="chapter" aria-labelledby="chapter">
      <h2 id="chapter">
        {chapter.number}. {chapter.title}
      </h2>
      <ol>
        {chapter.steps.map((step) => (
          <Told key={step.text} step={step} />
        ))}
      </ol>
      <details>
        <summary>{chapter.question}</summary>
        <p>{chapter.answer}</p>
      </details>
      <div class="row">
        {next ? (
          <button type="button" class="quiet" onClick={() => openChapter(next)}>
            Next: {next.title}
          </button>
        ) : null}
        <button type="button" class="quiet" onClick={() => (begunChapter.value = null)}>
          Close the chapter
        </button>
      </div>
    </article>
  );
}

export function Guide() {
  const open = begunChapter.value;
  return (
    <>
      <nav class="chapters" aria-label="Chapters">
        {chapters.map((chapter) => (
          <button
            key={chapter.number}
            type="button"
            class="link"
            disabled={!offer.value}
            aria-current={open === chapter ? "true" : undefined}
            onClick={() => openChapter(chapter)}
          >
            {chapter.title}
          </button>
        ))}
      </nav>
      {open ? <Open chapter={open} /> : null}
    </>
  );
}
