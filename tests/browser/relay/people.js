// People in a media room: unmodified livekit-client, a coloured canvas as camera, an oscillator as microphone.
"use strict";

const people = {};
const audio = new AudioContext({ sampleRate: 48000 });

function within(promise, what, ms = 15000) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: timed out`)), ms));
  return Promise.race([promise, late]);
}

async function join(name, url, token, single, { connect, ...options } = {}) {
  const room = new LivekitClient.Room({ singlePeerConnection: single, ...options });
  const person = { room, tracks: [], events: [], waiting: [] };
  const note = (event) => {
    person.events.push(event);
    person.waiting.splice(0).forEach((wake) => wake());
  };
  room.on("trackSubscribed", (track, publication, who) => {
    person.tracks.push({ track, identity: who.identity, kind: track.kind });
    note(`track ${track.kind} ${who.identity}`);
  });
  for (const event of ["signalReconnecting", "reconnecting", "reconnected", "disconnected"]) {
    room.on(event, () => note(event));
  }
  room.on("activeSpeakersChanged", (speakers) => speakers.forEach((who) => note(`speaks ${who.identity}`)));
  room.on("dataReceived", (payload, who) => note(`data ${who.identity} ${new TextDecoder().decode(payload)}`));
  room.on("trackMuted", (publication, who) => note(`muted ${who.identity}`));
  room.on("trackUnmuted", (publication, who) => note(`unmuted ${who.identity}`));
  room.on("participantDisconnected", (who) => note(`went ${who.identity}`));
  room.on("trackUnsubscribed", (track, _, who) => note(`lost ${track.kind} ${who.identity}`));
  person.note = note;
  people[name] = person;
  const usual = { rtcConfig: { iceTransportPolicy: document.documentElement.dataset.ice } };
  await within(room.connect(url, token, connect ?? usual), `${name} joins`);
}

async function until(name, event, count = 1, ms = 15000) {
  const person = people[name];
  const heard = () => person.events.filter((e) => e === event).length >= count;
  const wait = async () => {
    while (!heard()) await new Promise((wake) => person.waiting.push(wake));
  };
  await within(wait(), `${name} hears ${event} (heard ${person.events.join(", ")})`, ms);
}

async function show(name, colour, simulcast, options = {}) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1280, 720];
  const pen = canvas.getContext("2d");
  let step = 0;
  setInterval(() => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = "white";
    pen.fillRect((step += 7) % 1200, 0, 20, 20);
  }, 50);
  const [track] = canvas.captureStream(15).getVideoTracks();
  const publication = await people[name].room.localParticipant.publishTrack(track, {
    source: "camera",
    simulcast,
    videoCodec: "vp8",
    ...options,
  });
  return publication.trackSid;
}

async function camera(name) {
  await people[name].room.localParticipant.setCameraEnabled(true);
}

async function sound(name, frequency) {
  const oscillator = audio.createOscillator();
  oscillator.frequency.value = frequency;
  const out = audio.createMediaStreamDestination();
  oscillator.connect(out);
  oscillator.start();
  await people[name].room.localParticipant.publishTrack(out.stream.getAudioTracks()[0], { source: "microphone" });
}

function newest(name, kind, identity) {
  return people[name].tracks.filter((t) => t.kind === kind && t.identity === identity).at(-1).track;
}

// Until a decoded picture is at least `width` wide and its middle of that colour: a publisher's own first one may
// be black. Gives its size.
async function seen(what, element, width, colour) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let pixel = [];
  const decoded = async () => {
    do {
      await new Promise((resolve) => element.requestVideoFrameCallback(resolve));
      [canvas.width, canvas.height] = [element.videoWidth, element.videoHeight];
      pen.drawImage(element, 0, 0);
      pixel = pen.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    } while (canvas.width < width || !colour.every((value, index) => Math.abs(value - pixel[index]) <= 60));
  };
  try {
    await within(decoded(), what);
  } catch (error) {
    throw new Error(`${error.message}; last seen ${canvas.width}x${canvas.height} of ${pixel}`);
  }
  return { width: canvas.width, height: canvas.height };
}

// The picture that somebody gets of another; without a colour, any.
async function picture(name, identity, width = 0, colour = []) {
  const element = newest(name, "video", identity).attach();
  element.muted = true;
  document.body.append(element);
  return seen(`${name} sees ${identity}`, element, width, colour);
}

// The loudest frequency once the analyser has heard nothing but sound for a while.
async function frequency(name, identity, wanted) {
  const track = newest(name, "audio", identity);
  track.attach();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 16384;
  analyser.smoothingTimeConstant = 0;
  audio.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const peak = () => {
    analyser.getFloatFrequencyData(bins);
    const top = bins.reduce((best, level, index) => (level > bins[best] ? index : best), 0);
    return bins[top] > -60 ? (top * audio.sampleRate) / analyser.fftSize : 0;
  };
  const heard = async () => {
    while (Math.abs(peak() - wanted) > 6) await new Promise((wake) => requestAnimationFrame(wake));
  };
  await within(heard(), `${name} hears ${wanted} Hz`);
  return peak();
}

// A tone on the left, another on the right.
async function stereo(name, left, right) {
  const both = audio.createChannelMerger(2);
  [left, right].forEach((frequency, side) => {
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(both, 0, side);
    oscillator.start();
  });
  const out = new MediaStreamAudioDestinationNode(audio, { channelCount: 2, channelCountMode: "explicit" });
  both.connect(out);
  const options = { source: "microphone", forceStereo: true, dtx: false, red: false };
  await people[name].room.localParticipant.publishTrack(out.stream.getAudioTracks()[0], options);
}

// Until the left side is louder at one frequency and the right side at the other, by 20 dB.
async function sides(name, identity, left, right) {
  const track = newest(name, "audio", identity);
  track.attach();
  const splitter = audio.createChannelSplitter(2);
  audio.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(splitter);
  const analysers = [0, 1].map((side) => {
    const analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
    splitter.connect(analyser, side);
    return analyser;
  });
  const bins = new Float32Array(analysers[0].frequencyBinCount);
  const level = (side, frequency) => {
    analysers[side].getFloatFrequencyData(bins);
    const near = Math.round((frequency * analysers[side].fftSize) / audio.sampleRate);
    return Math.max(...bins.slice(near - 2, near + 3));
  };
  let heard = [];
  const apart = async () => {
    do {
      await new Promise((wake) => requestAnimationFrame(wake));
      heard = [level(0, left) - level(0, right), level(1, right) - level(1, left)];
    } while (!heard.every((difference) => difference > 20 && difference < Infinity));
  };
  await within(apart(), `${name} hears two sides`).catch((error) => {
    throw new Error(`${error.message}; differences ${heard}`);
  });
}

// Until decoded sound has energy: for a browser without a sound device, where no AudioContext runs.
async function sounds(name, identity) {
  const track = newest(name, "audio", identity);
  track.attach();
  let [energy, packets] = [0, 0];
  const heard = async () => {
    while (energy < 0.001) {
      const stats = [...(await track.receiver.getStats()).values()];
      const entry = stats.find((known) => known.type === "inbound-rtp");
      [energy, packets] = [entry?.totalAudioEnergy ?? 0, entry?.packetsReceived ?? 0];
      await new Promise((wake) => setTimeout(wake, 100));
    }
  };
  await within(heard(), `${name} hears ${identity}`).catch((error) => {
    throw new Error(`${error.message}; ${packets} packets with an energy of ${energy}`);
  });
}

async function speak(name) {
  await people[name].room.localParticipant.setMicrophoneEnabled(true);
}

async function say(name, text) {
  await people[name].room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true });
}

// Small pictures published at once, each of a grey of its own.
async function gallery(name, count) {
  const { localParticipant } = people[name].room;
  const published = [...Array(count).keys()].map((number) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 90];
    const pen = canvas.getContext("2d");
    const grey = 20 + number * 14;
    setInterval(() => {
      pen.fillStyle = `rgb(${grey}, ${grey}, ${grey})`;
      pen.fillRect(0, 0, 160, 90);
    }, 100);
    const [track] = canvas.captureStream(10).getVideoTracks();
    return localParticipant.publishTrack(track, { name: `${grey}`, simulcast: false, videoCodec: "vp8" });
  });
  await Promise.all(published);
}

// The grey that a picture is named after, and the one it shows.
async function greys(name, identity, number) {
  const person = people[name].room.remoteParticipants.get(identity);
  const publication = person.getTrackPublications()[number];
  const element = publication.track.attach();
  element.muted = true;
  document.body.append(element);
  const named = Number(publication.trackName);
  await seen(`${name} sees ${named}`, element, 160, [named, named, named]);
}

async function layers(name) {
  const publication = people[name].room.localParticipant.getTrackPublication("camera");
  const stats = await publication.track.sender.getStats();
  const sent = [];
  stats.forEach((entry) => {
    if (entry.type === "outbound-rtp") sent.push([entry.rid, entry.framesEncoded ?? 0]);
  });
  return Object.fromEntries(sent);
}

// From now on: how long the tone of another is not heard at a time. Polled often; what a poll hears is the last
// 40 ms, so that a gap counts from the first silent poll to the last.
function listen(name, identity) {
  const track = newest(name, "audio", identity);
  const analyser = audio.createAnalyser();
  analyser.fftSize = 2048;
  audio.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const heard = { polls: 0, longestMs: 0, silentSince: null };
  people[name].heard = heard;
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const now = performance.now();
    heard.polls += 1;
    if (loudest > 0.01) heard.silentSince = null;
    else heard.silentSince ??= now;
    if (heard.silentSince !== null) heard.longestMs = Math.max(heard.longestMs, now - heard.silentSince);
  }, 20);
}

function heardGaps(name) {
  const { polls, longestMs } = people[name].heard;
  return { polls, longestMs };
}

// The slot's picture on the page from now on; every new description of the connection is counted.
async function watch(name, identity) {
  const person = people[name];
  const element = newest(name, "video", identity).attach();
  element.muted = true;
  document.body.append(element);
  person.watched = element;
  person.descriptions = 0;
}

const plain = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (...args) {
  Object.values(people).forEach((person) => (person.descriptions = (person.descriptions ?? 0) + 1));
  return plain.apply(this, args);
};

// Until the middle of the watched picture is of that colour; gives its width.
async function turns(name, colour) {
  return (await seen(`${name} sees the new source`, people[name].watched, 0, colour)).width;
}

async function freezes(name, identity) {
  const stats = await newest(name, "video", identity).receiver.getStats();
  const found = [...stats.values()].find((entry) => entry.type === "inbound-rtp");
  const { descriptions } = people[name];
  return { count: found.freezeCount, seconds: found.totalFreezesDuration, frames: found.framesDecoded, descriptions };
}

// The signalling socket breaks, and every new one goes astray until `back()`.
async function away(name) {
  const plain = window.WebSocket;
  window.WebSocket = class extends plain {
    constructor(url, ...more) {
      super(String(url).replace("/rtc", "/nowhere"), ...more);
    }
  };
  window.back = () => {
    window.WebSocket = plain;
  };
  await people[name].room.simulateScenario("signal-reconnect");
}

// What scenarios of `simulateScenario` do to a person, one after the other: its events in order.
async function scenario(name, ...steps) {
  const { room, events, note } = people[name];
  const seen = events.length;
  room.on("activeSpeakersChanged", (who) => who.some((p) => p.identity === name) && note("speaks"));
  room.on("trackStreamStateChanged", (_, state) => note(`stream ${state}`));
  const settled = ["reconnected", "disconnected", "speaks", "stream paused"];
  let from = seen;
  for (const [scenario, arg, awaited = true] of steps) {
    from = events.length;
    await room.simulateScenario(scenario, arg);
    while (awaited && !events.slice(from).some((event) => settled.includes(event))) {
      await within(new Promise((wake) => people[name].waiting.push(wake)), `${name}: ${scenario}`, 20000);
    }
  }
  return events.slice(seen);
}
