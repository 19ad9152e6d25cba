// LiveKit's clients for Node.js against one server: `node whole.mjs http://host:port key secret`.
// Two people talk over @livekit/rtc-node, livekit-server-sdk asks everything that it can. Prints one JSON object:
// what each step gave, or how it was refused.
import { createServer } from "node:http";
import * as rtc from "@livekit/rtc-node";
import * as sdk from "livekit-server-sdk";

const [url, key, secret, hookPort] = process.argv.slice(2);
const results = {};
const DEADLINE_MS = 15000;

const hooks = [];
const receiver = new sdk.WebhookReceiver(key, secret);
const listener = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const event = await receiver.receive(Buffer.concat(parts).toString(), request.headers.authorization);
  hooks.push(event.event);
  response.end();
}).listen(Number(hookPort), "127.0.0.1");

function plain(_, value) {
  return typeof value === "bigint" ? Number(value) : value;
}

async function step(name, act) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("timed out")), DEADLINE_MS));
  try {
    results[name] = (await Promise.race([act(), late])) ?? null;
  } catch (error) {
    results[name] = { refused: error.code ?? error.name, status: error.status, message: error.message };
  }
}

const once = (emitter, event, tell) => new Promise((resolve) => emitter.once(event, (...all) => resolve(tell(...all))));

async function join(identity) {
  const token = new sdk.AccessToken(key, secret, { identity });
  token.addGrant({ roomJoin: true, room: "hall", canUpdateOwnMetadata: true });
  const room = new rtc.Room();
  await room.connect(url.replace("http", "ws"), await token.toJwt(), { autoSubscribe: true, dynacast: true });
  return room;
}

const rooms = new sdk.RoomServiceClient(url, key, secret);
await step("createRoom", async () => {
  const made = await rooms.createRoom({ name: "hall", emptyTimeout: 60, maxParticipants: 5, metadata: "m1" });
  return [made.name, made.emptyTimeout, made.maxParticipants, made.metadata];
});
await step("listRooms", async () => (await rooms.listRooms(["hall", "none"])).map((room) => room.name));
await step("getParticipant of nobody", () => rooms.getParticipant("hall", "nobody"));
await step("deleteRoom of none", () => rooms.deleteRoom("none"));
await step("listParticipants of none", () => rooms.listParticipants("none"));
await step("another secret", () => new sdk.RoomServiceClient(url, key, "x".repeat(32)).listRooms());

const [anna, binh] = [await join("anna"), await join("binh")];
const me = anna.localParticipant;
let sound, picture;
const timers = [];

await step("sound", async () => {
  const source = new rtc.AudioSource(48000, 1);
  const options = new rtc.TrackPublishOptions({ source: rtc.TrackSource.SOURCE_MICROPHONE });
  const got = once(binh, "trackSubscribed", (track) => track);
  sound = await me.publishTrack(rtc.LocalAudioTrack.createAudioTrack("mic", source), options);
  let at = 0;
  const hum = async () => {
    const samples = Int16Array.from({ length: 480 }, () => 8000 * Math.sin((2 * Math.PI * 440 * at++) / 48000));
    await source.captureFrame(new rtc.AudioFrame(samples, 48000, 1, 480)).catch(() => {});
  };
  timers.push(setInterval(hum, 10));
  let loud = 0;
  for await (const frame of new rtc.AudioStream(await got, 48000, 1)) {
    if (Math.max(...frame.data) > 2000 && ++loud > 10) break;
  }
  return "heard";
});
await step("picture", async () => {
  const [width, height] = [640, 360];
  const source = new rtc.VideoSource(width, height);
  const options = new rtc.TrackPublishOptions({ source: rtc.TrackSource.SOURCE_CAMERA });
  const got = once(binh, "trackSubscribed", (track) => track);
  picture = await me.publishTrack(rtc.LocalVideoTrack.createVideoTrack("camera", source), options);
  const pixels = new Uint8Array(width * height * 4).fill(200);
  const show = () => source.captureFrame(new rtc.VideoFrame(pixels, width, height, rtc.VideoBufferType.RGBA));
  timers.push(setInterval(show, 66));
  for await (const { frame } of new rtc.VideoStream(await got)) {
    if (frame.width === width) return [frame.width, frame.height];
  }
});
await step("data", async () => {
  const got = once(binh, "dataReceived", (data, who, _, topic) => [Buffer.from(data).toString(), who.identity, topic]);
  await me.publishData(Buffer.from("hello"), { reliable: true, topic: "t" });
  return got;
});
await step("rpc", async () => {
  binh.localParticipant.registerRpcMethod("echo", async (call) => `again ${call.payload}`);
  return me.performRpc({ destinationIdentity: "binh", method: "echo", payload: "x" });
});
await step("text stream", async () => {
  const got = new Promise((resolve) =>
    binh.registerTextStreamHandler("chat", async (reader, who) => resolve([await reader.readAll(), who.identity])),
  );
  await me.sendText("xin chào", { topic: "chat" });
  return got;
});
await step("byte stream", async () => {
  const got = new Promise((resolve) =>
    binh.registerByteStreamHandler("file", async (reader) => {
      let size = 0;
      for await (const chunk of reader) size += chunk.length;
      resolve(size);
    }),
  );
  const writer = await me.streamBytes({ topic: "file", name: "file" });
  await writer.write(new Uint8Array(100_000));
  await writer.close();
  return got;
});
await step("attributes", async () => {
  const got = once(binh, "participantAttributesChanged", (changed, who) => [changed, who.identity]);
  await me.setAttributes({ hand: "up" });
  return got;
});

await step("listParticipants", async () =>
  (await rooms.listParticipants("hall")).map((who) => [who.identity, who.tracks.length]).sort(),
);
await step("updateParticipant", async () => {
  const wish = { name: "Anna", metadata: "mm", attributes: { a: "b" } };
  const now = await rooms.updateParticipant("hall", "anna", wish);
  return [now.name, now.metadata, now.attributes];
});
await step("mutePublishedTrack", async () => {
  const got = once(binh, "trackMuted", (publication) => publication.sid === sound.sid);
  await rooms.mutePublishedTrack("hall", "anna", sound.sid, true);
  return got;
});
await step("unmuting from afar", () => rooms.mutePublishedTrack("hall", "anna", sound.sid, false));
await step("updateSubscriptions", async () => {
  await rooms.updateSubscriptions("hall", "binh", [picture.sid], false);
  const got = once(binh, "trackSubscribed", (track) => track.kind);
  await rooms.updateSubscriptions("hall", "binh", [picture.sid], true);
  return got;
});
await step("sendData", async () => {
  const got = once(binh, "dataReceived", (data, who, _, topic) => [Buffer.from(data).toString(), who ?? null, topic]);
  await rooms.sendData("hall", Buffer.from("server"), 0, { destinationIdentities: ["binh"], topic: "s" });
  return got;
});
await step("updateRoomMetadata", async () => {
  const got = once(binh, "roomMetadataChanged", (metadata) => metadata);
  await rooms.updateRoomMetadata("hall", "m2");
  return got;
});
await step("permission", async () => {
  const got = once(binh, "trackUnpublished", (publication) => publication.sid);
  await rooms.updateParticipant("hall", "anna", { permission: { canSubscribe: true, canPublishSources: [2], canPublish: true } });
  return (await got) === picture.sid;
});
await step("removeParticipant", async () => {
  const gone = once(binh, "participantDisconnected", (who) => who.identity);
  await rooms.removeParticipant("hall", "anna");
  return gone;
});
await step("deleteRoom", async () => {
  const ended = once(binh, "disconnected", () => "disconnected");
  await rooms.deleteRoom("hall");
  return ended;
});
timers.forEach(clearInterval);

const [egress, ingress] = [new sdk.EgressClient(url, key, secret), new sdk.IngressClient(url, key, secret)];
const [sip, agents] = [new sdk.SipClient(url, key, secret), new sdk.AgentDispatchClient(url, key, secret)];
const file = new sdk.EncodedFileOutput({ filepath: "x.mp4" });
const absent = {
  egress: () => egress.startRoomCompositeEgress("hall", file),
  "egress list": () => egress.listEgress(),
  ingress: () => ingress.createIngress(0, { name: "i", roomName: "hall", participantIdentity: "i" }),
  "ingress list": () => ingress.listIngress(),
  sip: () => sip.createSipParticipant("ST_x", "+84", "hall"),
  "sip list": () => sip.listSipInboundTrunk(),
  agents: () => agents.createDispatch("hall", "agent"),
  "agents list": () => agents.listDispatch("hall"),
  forwardParticipant: () => rooms.forwardParticipant("hall", "anna", "other"),
  moveParticipant: () => rooms.moveParticipant("hall", "anna", "other"),
  "a room with egress": () => rooms.createRoom({ name: "r", egress: new sdk.RoomEgress() }),
  "a room with agents": () => rooms.createRoom({ name: "r", agents: [{ agentName: "a" }] }),
};
for (const [name, act] of Object.entries(absent)) await step(name, act);

const wanted = ["room_started", "participant_joined", "track_published", "track_unpublished", "participant_left", "room_finished"];
await step("webhooks", async () => {
  while (!wanted.every((event) => hooks.includes(event))) await new Promise((wake) => setTimeout(wake, 50));
  return wanted.length;
});
process.stdout.write(`\n${JSON.stringify(results, plain)}`); // after what the SDK logs there
process.exit(0);
