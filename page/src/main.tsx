// SPDX-License-Identifier: MIT
import { render } from "preact";
import { acceptDrops } from "./along";
import { App } from "./app";
import { begin } from "./state";
import "./style.css";

const text = (id: string): string => document.getElementById(id)?.textContent ?? "";

render(<App />, document.getElementById("page") as HTMLElement);
acceptDrops();
void begin(text("worker"), text("core"));
