// The overview and the wall: the figures are fetched as one piece, at most every few seconds, when the stream speaks.

import "./refresh.js";
