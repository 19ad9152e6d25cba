import { call, HubError } from "../common/http.js";

export { call, HubError };
