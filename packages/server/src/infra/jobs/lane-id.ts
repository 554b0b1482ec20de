/** Which lane a job goes to, and what its entity is called. */
import { make as makeEntityId, type EntityId } from "@effect/cluster/EntityId"
import * as Hash from "effect/Hash"

/** The lane of what is told from others by this text: the same text, the same lane. */
export const laneOf = (text: string, lanes: number): number => Math.abs(Hash.string(text)) % lanes

/** The id of the entity of a lane. */
export const laneId = (lane: number): EntityId => makeEntityId(String(lane))
