import { HubError, request } from "../common/http.js";

export { HubError, request as call };
