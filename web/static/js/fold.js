import { fold } from "./common/search.js";

export { fold };
