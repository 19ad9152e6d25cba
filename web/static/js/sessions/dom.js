import { byId, el, icon, setIcon, setText } from "../common/dom.js";

export { byId, el, icon, setIcon, setText };
