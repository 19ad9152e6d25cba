import { matches } from "../common/search.js";

export { matches };
