import { ask } from "./common/question.js";

export { ask };
