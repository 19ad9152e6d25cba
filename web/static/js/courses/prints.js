// A course's certificates, while their file is on its way.

import { followMaking } from "../common/making.js";

followMaking();
