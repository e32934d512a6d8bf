import { useQuery } from "@connectrpc/connect-query";
import { useMemo } from "react";
import { FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { useApp } from "../app.ts";
import { type Opinion, opinionOn } from "../state/opinions.ts";
import { useStore } from "../state/use-store.ts";

/** Tells the person's opinion on a garment: what was said on this page just now, else what is stored. */
export function useOpinions(): (itemId: string) => Opinion | undefined {
  const { person, opinions } = useApp();
  const given = useStore(opinions);
  const { data } = useQuery(FeedbackService.method.getProfile, { userId: person });
  return useMemo(() => {
    const profile = {
      liked: new Set(data?.profile?.likedItemIds),
      skipped: new Set(data?.profile?.dislikedItemIds),
    };
    return (itemId) => opinionOn(itemId, given, profile);
  }, [data, given]);
}
