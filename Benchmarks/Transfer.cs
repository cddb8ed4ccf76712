using System.Runtime.InteropServices;

namespace NanoAttention.Benchmarks;

/// <summary>What a GPU costs beside computing.</summary>
public enum TransferKind
{
    /// <summary>Handing over a kernel with next to no work, one after the other, without waiting.</summary>
    Launch,

    /// <summary>Handing over one such kernel and waiting until it is done.</summary>
    LaunchAndWait,

    /// <summary>Numbers to the GPU, until they are there.</summary>
    Upload,

    /// <summary>Numbers from the GPU, until they are here.</summary>
    Download,
}

/// <summary>A launch, or so many bytes on their way to the GPU or back.</summary>
public sealed record Transfer(TransferKind Kind, int Bytes, Device Device) : Work($"GPU: {Label(Kind)} of {Units.Bytes(Bytes)}", Device)
{
    const int Launches = 1000;

    /// <summary>How many launches or transfers a run makes.</summary>
    public int Times => Kind == TransferKind.Launch ? Launches : 1;

    public string Title => Label(Kind);

    static string Label(TransferKind kind) => kind switch
    {
        TransferKind.Launch => "launch, without waiting",
        TransferKind.LaunchAndWait => "launch, with waiting",
        TransferKind.Upload => "upload",
        _ => "download",
    };

    public static IEnumerable<Transfer> On(Device gpu) =>
    [
        new(TransferKind.Launch, 4, gpu),
        new(TransferKind.LaunchAndWait, 4, gpu),
        .. from kind in (TransferKind[])[TransferKind.Upload, TransferKind.Download]
           from bytes in (int[])[1 << 12, 1 << 20, 1 << 26]
           select new Transfer(kind, bytes, gpu),
    ];

    public override Action Prepare()
    {
        float[] here = new float[Bytes / sizeof(float)];
        var there = Tensor.Zeros([here.Length], device: Device);
        return Kind switch
        {
            TransferKind.Upload => () =>
            {
                Device.Upload(MemoryMarshal.AsBytes(here.AsSpan()), there);
                Device.Synchronize();
            }
            ,
            TransferKind.Download => () => Device.Download(there, MemoryMarshal.AsBytes(here.AsSpan())),
            _ => () =>
            {
                for (int i = 0; i < Times; i++) Device.Fill(there, i);
                Device.Synchronize();
            }
            ,
        };
    }
}
